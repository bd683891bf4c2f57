package dev.tailtap.store;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The last row that the database took; a plain one until it took any. Where it refuses other rows,
 * this one is tried again under a new id: if it is refused now as well, the tables have changed and
 * the others are not to blame. The writer's thread.
 */
final class CanaryRow {
  private final UsageInsert insert;
  private UsageRecord row;

  CanaryRow(Instant now, UsageInsert insert) {
    this.insert = insert;
    row = plain(now);
  }

  /**
   * Takes note of rows that went in.
   *
   * @param inserted how many of them were not there before; what was there may be a dead letter
   */
  void saw(List<UsageRecord> rows, int inserted) {
    if (inserted > 0 && inserted == rows.size()) {
      row = rows.get(inserted - 1);
    }
  }

  /**
   * Asks the database; whatever it answers, nothing is written.
   *
   * @throws SchemaFaultException if it refuses the row
   */
  void probe(Connection connection) throws SQLException {
    try {
      insert.insert(connection, List.of(row.withId(UUID.randomUUID())));
      connection.rollback();
    } catch (SQLException | RuntimeException failure) {
      Database.rollBack(connection, failure);
      if (FailureKind.of(failure) == FailureKind.ROW) {
        throw new SchemaFaultException(
            "rows refused, and now one like the last that was taken", failure);
      }
      throw failure;
    }
  }

  private static UsageRecord plain(Instant now) {
    UUID id = new UUID(0, 0);
    OpenRecord call =
        new OpenRecord(id, now, "plain", "plain", "auto", "POST", "/", "plain", Try.of(id));
    return new UsageRecord(
        call,
        new UsageRecord.Request("plain", 0),
        new UsageRecord.Response(200, true, 0, 0L, true),
        UsageReading.NONE,
        new UsageRecord.End(now, 0, Outcome.COMPLETED, null));
  }
}
