package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

final class FailureKindTest {
  @ParameterizedTest
  @CsvSource({
    "08006, TRANSIENT",
    "57P01, TRANSIENT",
    "57014, TRANSIENT",
    "53100, TRANSIENT",
    "53300, TRANSIENT",
    "40001, TRANSIENT",
    "40P01, TRANSIENT",
    "55P03, TRANSIENT",
    "25006, TRANSIENT",
    "XX000, TRANSIENT",
    "22021, ROW",
    "22003, ROW",
    "23502, ROW",
    "23503, ROW",
    "54000, ROW",
    "42703, SCHEMA",
    "0A000, SCHEMA",
    "42P01, SCHEMA",
    "42501, SCHEMA",
    "28P01, SCHEMA",
    "3D000, SCHEMA",
    "TT001, SCHEMA",
    "'', TRANSIENT"
  })
  void sortsByState(String state, FailureKind expected) {
    assertEquals(expected, FailureKind.of(new SQLException("x", state)));
  }

  @Test
  void tellsAMissingPartitionFromABrokenConstraint() {
    assertEquals(FailureKind.PARTITION, FailureKind.of(sent("SERROR\0C23514\0Mno partition\0")));
    assertEquals(FailureKind.ROW, FailureKind.of(sent("SERROR\0C23514\0Mviolates\0nlimit\0")));
  }

  @Test
  void seesTheCauseThatThePoolWrapped() {
    SQLException wrapped = new SQLException("no connection", "08001", sent("C28P01\0Mwrong\0"));
    assertEquals(FailureKind.SCHEMA, FailureKind.of(wrapped));
    assertEquals("wrong", FailureKind.reasonOf(wrapped));
  }

  @Test
  void takesWhatIsNotOfTheDatabaseAsPassing() {
    assertEquals(FailureKind.TRANSIENT, FailureKind.of(new IOException()));
    assertEquals(FailureKind.TRANSIENT, FailureKind.of(new OutOfMemoryError()));
    assertEquals(FailureKind.ROW, FailureKind.of(new IllegalStateException()));
  }

  @Test
  void keepsTheRowOutOfTheReason() {
    String reason =
        FailureKind.reasonOf(sent("C23502\0Mnull\nvalue\0DFailing row contains (secret)\0"));
    assertEquals("null value", reason);
    assertFalse(reason.contains("secret"));
  }

  @Test
  void keepsAQuotedValueOutOfTheReason() {
    String said = "invalid input syntax for type integer: \"a \"secret\"\nof it\"";
    assertEquals(
        "invalid input syntax for type integer: …",
        FailureKind.reasonOf(sent("C22P02\0M" + said + "\0")));
    assertEquals("no column 'x'", FailureKind.reasonOf(sent("C42703\0Mno column \"x\"\0")));
  }

  private static PSQLException sent(String fields) {
    return new PSQLException(new ServerErrorMessage(fields + "\0"));
  }
}
