package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Caller;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import java.math.BigDecimal;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class RecordFormatTest {
  private static final OpenRecord BEGINNING =
      new OpenRecord(
          new UUID(1, 2),
          Records.START,
          "r",
          "u",
          "d",
          "POST",
          "/v1",
          null,
          Try.of(new UUID(1, 2)));

  @Test
  void bringsBackWhatWasWritten() {
    UsageReading usage =
        new UsageReading(
            UsageState.PARTIAL,
            "modèle 😀",
            null,
            "",
            new Tokens(Long.MAX_VALUE, Long.MIN_VALUE, 0L, -1L, null, 127L),
            "{}",
            9,
            "asked=relay last=done");
    UsageRecord record = Records.with(7, "/a", usage);
    assertEquals(record, again(record));
    assertEquals(Records.record(1), again(Records.record(1)));
    UsageRecord without = Records.with(8, null, null);
    assertEquals(without, again(without));
  }

  @Test
  void bringsBackWhichTryItWas() {
    Try third = new Try(3, new UUID(5, 6), "team-a", "real-model");
    UsageRecord first = Records.record(1);
    UsageRecord record = Records.tried(first, third, false);
    assertEquals(record, again(record));
    assertEquals(third, again(record).call().attempt());
    UsageRecord unknown = Records.tried(first, Try.of(first.id()), null);
    assertEquals(unknown, again(unknown));
    assertEquals(third, interrupted(first.call().withAttempt(third)).call().attempt());
  }

  /** As version 1 has lain in journals since before a record had parts. */
  @Test
  void readsWhatAnEarlierRelayWrote() {
    String end =
        "010190000000007001800000000000000101d0eac2fff7fca50601f0ace1fff7fca5060c6f70656e"
            + "6169086d61696e166f70656e61692d6368617408504f5354282f76312f636861742f636f6d706c65"
            + "74696f6e731074656e616e742d311661736b65642d6d6f64656c01900312636f6d706c6574656401"
            + "0a66696e616c0a6770742d780c726573702d310873746f700114010a011e0000000e7b226e223a31"
            + "7d0e28626f64793d6a736f6e206c6173743d7573616765d00fa01f0150f40301";
    String begin =
        "01000000000000000100000000000000020180dbc2fff7fca50602720275026408504f5354062f76" + "3101";
    UsageRecord record = Records.record(1);
    assertEquals(
        Records.tried(record, Try.of(record.id()), null),
        RecordFormat.read(HexFormat.of().parseHex(end)));
    assertEquals(BEGINNING, RecordFormat.readInterrupted(HexFormat.of().parseHex(begin)).call());
    // An older relay reads what it knows and does not look at the rest.
    String tried = "02" + end.substring(2) + "0200010102";
    assertEquals(record, RecordFormat.read(HexFormat.of().parseHex(tried)));
    assertEquals("03" + tried.substring(2) + "00", HexFormat.of().formatHex(written(record)));
    assertEquals(
        "03" + begin.substring(2) + "0200010100", HexFormat.of().formatHex(written(BEGINNING)));
  }

  @Test
  void bringsBackWhatFewCallsHave() {
    Billed billed =
        new Billed(1L, 0L, null, 3L, 4L, "flex", null, "fast", "{}", new BigDecimal("1E-9"), "USD");
    Caller caller = new Caller("s", "a", "c/1", 2, "{\"t\":\"v\"}");
    UsageRecord plain = Records.record(1);
    UsageRecord record =
        new UsageRecord(
            plain
                .call()
                .by(caller, "relay-1")
                .inTrace("0af7651916cd43dd8448eb211c80319c")
                .byKey("vk_1"),
            new UsageRecord.Request("m", 1, true),
            new UsageRecord.Response(200, true, 1, 2L, 3L, true, "req_1"),
            plain.usage().withBilled(billed),
            plain.end());
    assertEquals(record, again(record));
    assertEquals(caller, interrupted(record.call()).call().caller());
    assertEquals("relay-1", interrupted(record.call()).call().relay());
    assertEquals("vk_1", interrupted(record.call()).call().virtualKey());
  }

  @Test
  void takesLittleRoom() {
    int bytes = written(Records.record(1)).length;
    assertTrue(bytes < 220, bytes + " bytes");
  }

  @Test
  void cutsATextThatIsTooLongAndCleansWhatPostgresCannotHold() {
    UsageRecord read = again(Records.record(1, "a\0\ud83d" + "x".repeat(1 << 20), "m", 1L, 1L));
    assertTrue(read.call().path().startsWith("a\ufffd\ufffdx"));
    assertEquals(Packing.LONGEST_TEXT, read.call().path().length());
  }

  @Test
  void saysWhenThereIsNoRoom() {
    ByteBuffer small = ByteBuffer.allocate(40);
    UsageRecord record = Records.record(1);
    assertThrows(
        BufferOverflowException.class, () -> RecordFormat.write(small, record, record.startedAt()));
  }

  @Test
  void makesTheRowOfAnInterruptedCallFromItsBeginning() {
    UsageRecord row = interrupted(BEGINNING);
    assertEquals(BEGINNING.id(), row.id());
    assertEquals(BEGINNING.startedAt(), row.startedAt());
    assertEquals(Outcome.INTERRUPTED, row.end().outcome());
    assertEquals("relay_stopped", row.end().error());
    assertEquals("/v1", row.call().path());
    for (Column unknown :
        new Column[] {
          Column.LATENCY_MS,
          Column.FRAMES,
          Column.REQUEST_BYTES,
          Column.STREAMED,
          Column.ENDED_AT,
          Column.DELIVERED
        }) {
      assertNull(unknown.of(row), unknown.label());
    }
  }

  @Test
  void keepsTheBeginningWithinWhatPartitionsHold() {
    Instant now = Records.START;
    StartWindow window = new StartWindow(Clock.fixed(now, ZoneOffset.UTC));
    assertEquals(now, window.clamp(now));
    assertEquals(now, window.clamp(null));
    assertEquals(now.plus(StartWindow.FUTURE), window.clamp(now.plusSeconds(99_999_999)));
    assertEquals(now.minus(StartWindow.PAST), window.clamp(Instant.EPOCH));
  }

  private static UsageRecord again(UsageRecord record) {
    return RecordFormat.read(written(record));
  }

  private static UsageRecord interrupted(OpenRecord begun) {
    return RecordFormat.readInterrupted(written(begun));
  }

  private static byte[] written(OpenRecord begun) {
    ByteBuffer out = ByteBuffer.allocate(4096);
    RecordFormat.write(out, begun, begun.startedAt());
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] written(UsageRecord record) {
    ByteBuffer out = ByteBuffer.allocate(1 << 20);
    RecordFormat.write(out, record, record.startedAt());
    return Arrays.copyOf(out.array(), out.position());
  }
}
