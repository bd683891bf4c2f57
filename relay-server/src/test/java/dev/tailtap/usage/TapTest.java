package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import dev.tailtap.rig.Rule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a tap reads of streams in every known shape, however they are cut, and of hostile ones. */
class TapTest {
  private static final String CHAT_TAIL =
      "\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,"
          + "\"completion_tokens\":6,\"total_tokens\":11}}\n\n";

  static List<Fixture> fixtures() {
    return Fixture.all();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void readsEveryShapeWhole(Fixture fixture) {
    assertEquals(fixture.expected(), read(fixture, fixture.dialect(), Cuts.none()));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void recognisesEveryShapeUnasked(Fixture fixture) {
    assertEquals(fixture.expected(), read(fixture, Dialect.UNKNOWN, Cuts.none()));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  @Rule(value = "A stream says the same however it is cut.", source = "WHATWG HTML section 9.2.5")
  void readsEveryShapeByteByByte(Fixture fixture) {
    int[] cuts = Cuts.everywhere(fixture.body());
    assertEquals(fixture.expected(), read(fixture, fixture.dialect(), cuts));
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  @Rule(value = "A stream says the same however it is cut.", source = "WHATWG HTML section 9.2.5")
  void readsEveryShapeCutAroundItsBorders(Fixture fixture) {
    for (int shift = -2; shift <= 2; shift++) {
      int[] cuts = Cuts.aroundBorders(fixture.body(), shift);
      assertEquals(fixture.expected(), read(fixture, fixture.dialect(), cuts), "shift " + shift);
    }
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void readsEveryShapeAtRandomCuts(Fixture fixture) {
    for (int seed = 0; seed < 50; seed++) {
      int[] cuts = Cuts.random(fixture.body(), seed);
      assertEquals(fixture.expected(), read(fixture, fixture.dialect(), cuts), "seed " + seed);
    }
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void callsNothingFinalThatBrokeOffBeforeItsLastUsage(Fixture fixture) {
    byte[] body = fixture.body();
    for (int end = 0; end < body.length / 2; end += 7) {
      Tap tap = new Tap(fixture.dialect(), fixture.kind(), UnpooledByteBufAllocator.DEFAULT, 4096);
      tap.payload(Unpooled.wrappedBuffer(body), 0, end);
      UsageReading reading = tap.finish(false);
      boolean known = reading.tokens().prompt() != null || reading.tokens().completion() != null;
      assertTrue(!known || reading.state() != UsageState.ABSENT, () -> "" + reading);
    }
  }

  @Test
  void keepsCountsOfAStreamThatBrokeOffAsPartial() {
    UsageReading reading = read("data: {\"id\":\"a\"," + CHAT_TAIL, false);
    assertEquals(UsageState.PARTIAL, reading.state());
    assertEquals(5, reading.tokens().prompt());
  }

  @Test
  void callsCountsFinalOnceTheProviderSaidThatItIsDone() {
    UsageReading reading = read("data: {\"id\":\"a\"," + CHAT_TAIL + "data: [DONE]\n\n", false);
    assertEquals(UsageState.FINAL, reading.state());
  }

  @Test
  void keepsTheUsageObjectAsItCame() {
    UsageReading reading = read("data: {\"usage\": {\"total_tokens\" : 7,\"x\":[1]} }\n\n", true);
    assertEquals("{\"total_tokens\" : 7,\"x\":[1]}", reading.raw());
  }

  @Test
  void keepsBothUsageObjectsOfAMessage() {
    String start =
        "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1}}}\n\n";
    String delta = "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n\n";
    assertEquals("[{\"input_tokens\":1},{\"output_tokens\":2}]", read(start + delta, true).raw());
  }

  @Test
  void boundsWhatItKeeps() {
    String usage = "{\"total_tokens\":7,\"note\":\"" + "x".repeat(9999) + "\"}";
    UsageReading reading =
        read("data: {\"id\":\"" + "i".repeat(999) + "\",\"usage\":" + usage + "}\n\n", true);
    assertEquals(7, reading.tokens().total());
    assertEquals("{\"total_tokens\":7,\"truncated\":[\"note\"]}", reading.raw());
    assertEquals(256, reading.responseId().length());
  }

  @Test
  void readsUsageOfAFrameOfManyMegabytesWhereverItStands() {
    String before =
        "data: {\"id\":\"big\",\"output\":[{\"b64\":\"" + "QUJD".repeat(1 << 20) + "\"}],";
    String after =
        CHAT_TAIL.replace("}}\n\n", "},\"tail\":[" + "[1,{\"usage\":{}}],".repeat(1 << 16));
    UsageReading reading = read(before + after + "0]}\n\n", true);
    assertEquals(UsageState.FINAL, reading.state());
    assertEquals(11, reading.tokens().total());
    assertEquals("big", reading.responseId());
    assertEquals("stop", reading.finishReason());
  }

  @Test
  void tellsOfAUsageObjectThatIsTooLargeToKeep() {
    Tap tap = tap();
    payload(tap, "data: {\"usage\":{\"total_tokens\":7,\"x\":\"" + "y".repeat(40_000) + "\"}}\n\n");
    assertEquals(UsageState.UNREADABLE, tap.finish(true).state());
    assertTrue(tap.exceededWindow());
    Tap small = tap();
    payload(
        small, "data: {\"x\":\"" + "y".repeat(99_000) + "\",\"usage\":{\"total_tokens\":7}}\n\n");
    assertEquals(UsageState.FINAL, small.finish(true).state());
    assertFalse(small.exceededWindow());
  }

  @Test
  void countsOnlyWholeNumbersThatFit() {
    String counts =
        "\"prompt_tokens\":12.0,\"completion_tokens\":-3,\"total_tokens\":1e400,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":2.5,\"cache_write_tokens\":1e1},"
            + "\"reasoning_tokens\":123456789012345678901234567890";
    UsageReading reading = read("data: {\"usage\":{" + counts + "}}\n\n", true);
    assertEquals(12, reading.tokens().prompt());
    assertEquals(10, reading.tokens().cacheWrite());
    assertNull(reading.tokens().completion());
    assertNull(reading.tokens().total());
    assertNull(reading.tokens().cached());
    assertNull(reading.tokens().reasoning());
  }

  @Test
  void cleansTextsOfWhatADatabaseRefuses() {
    String body = "data: {\"id\":\"a\\u0000b\\ud83d\",\"model\":\"\\u00e9\\ud83d\\ude00\"}\n\n";
    UsageReading reading = read(body, true);
    assertEquals("a\uFFFDb\uFFFD", reading.responseId());
    assertEquals("é😀", reading.responseModel());
  }

  @Test
  void ignoresUsageInStringsAndInPlacesOfNoMeaning() {
    String body =
        """
        data: {"choices":[{"delta":{"content":"\\"usage\\":{\\"total_tokens\\":1}"}}]}

        data: {"tool":{"usage":{"total_tokens":2}}}

        """;
    assertEquals(UsageState.ABSENT, read(body, true).state());
  }

  @Test
  @Rule(
      value = "An event without its closing blank line is discarded at the end.",
      source = "WHATWG HTML section 9.2.6")
  void countsCompleteDataEvents() {
    String body =
        ": hi\n\ndata: {}\n\nevent: x\n\ndata: {\"id\":\"a\"}\n\ndata: [DONE]\n\ndata: {\"x\"";
    for (int cut = 0; cut < body.length(); cut++) {
      Tap tap = tap();
      payload(tap, body.substring(0, cut));
      payload(tap, body.substring(cut));
      assertEquals(2, tap.finish(false).frames(), "cut at " + cut);
    }
  }

  @Test
  void survivesDeepNestingAndNoise() {
    String deep = "{\"a\":".repeat(100_000);
    assertEquals(UsageState.ABSENT, read("data: " + deep + "\n\n", true).state());
    assertEquals(UsageState.ABSENT, read("data: " + "[".repeat(100_000) + "\n\n", true).state());
    String usage = "data: {\"usage\":{\"total_tokens\":" + "[".repeat(9_000) + "\n\n";
    assertEquals(UsageState.UNREADABLE, read(usage, true).state());
  }

  @Test
  void seesErrorsInAndBesideEvents() {
    assertTrue(sawError("data: {\"error\":{\"message\":\"x\"}}\n\n"));
    assertTrue(sawError("event: error\ndata: {}\n\n"));
    assertTrue(sawError("error: {}\n"));
    assertTrue(sawError("{\n \"error\": {}\n}\n"));
    assertFalse(sawError("data: {\"error\":null,\"usage\":{\"total_tokens\":1}}\n\n"));
    assertFalse(sawError("event: errors\ndata: \"error\":{}\n\n"));
  }

  @Test
  void readsNothingOfAnOpaqueBody() {
    Tap tap = new Tap(Dialect.UNKNOWN, BodyKind.OPAQUE, UnpooledByteBufAllocator.DEFAULT, 4096);
    payload(tap, "{\"usage\":{\"total_tokens\":1}}");
    UsageReading reading = tap.finish(true);
    assertEquals(UsageState.ABSENT, reading.state());
    assertEquals("body=opaque last=none", reading.note());
  }

  @Test
  void givesTheSameReadingTwiceAndNoneAfterClose() {
    Tap tap = tap();
    payload(tap, "data: {\"usage\":{\"total_tokens\":1}}\n\n");
    assertSame(tap.finish(true), tap.finish(false));
    tap.close();
    payload(tap, "data: {\"usage\":{\"total_tokens\":2}}\n\n");
    assertEquals(1, tap.finish(true).tokens().total());
  }

  private static boolean sawError(String body) {
    Tap tap = tap();
    payload(tap, body);
    tap.finish(true);
    return tap.sawError();
  }

  private static UsageReading read(String body, boolean whole) {
    Tap tap = tap();
    payload(tap, body);
    return tap.finish(whole);
  }

  private static Tap tap() {
    return new Tap(
        Dialect.UNKNOWN, BodyKind.EVENT_STREAM, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
  }

  private static void payload(Tap tap, String text) {
    ByteBuf buf = Unpooled.copiedBuffer(text, UTF_8);
    tap.payload(buf, 0, buf.writerIndex());
    buf.release();
  }

  /** Each read in a buffer of its own, off the heap, of which the tap may keep one at a time. */
  private static String read(Fixture fixture, Dialect dialect, int[] cuts) {
    Tap tap = new Tap(dialect, fixture.kind(), UnpooledByteBufAllocator.DEFAULT, 1 << 16);
    List<ByteBuf> held = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i < cuts.length ? cuts[i] : fixture.body().length;
      int length = to - from + 3;
      ByteBuf read = cuts.length < 100 ? Unpooled.directBuffer(length) : Unpooled.buffer(length);
      read.writeZero(3);
      read.writeBytes(fixture.body(), from, to - from);
      tap.payload(read, 3, to - from);
      assertEquals(0, read.readerIndex());
      read.release();
      held.add(read);
      held.removeIf(each -> each.refCnt() == 0);
      from = to;
      assertTrue(held.size() <= 1);
    }
    UsageReading reading = tap.finish(true);
    held.forEach(read -> assertEquals(0, read.refCnt()));
    return Fixture.of(reading, tap.sawError());
  }

  @Test
  void keepsOneSliceOfTheBufferThatTheLastEventCameIn() {
    Tap tap = tap();
    payload(tap, "data: {\"id\":\"a\",\"model\":\"m\"}\n\n");
    ByteBuf first = frame(1);
    ByteBuf second = frame(2);
    tap.payload(first, 0, first.writerIndex());
    assertEquals(2, first.refCnt(), "retained, not copied");
    tap.payload(second, 0, second.writerIndex());
    assertEquals(1, first.refCnt(), "the former one is let go");
    assertEquals(2, second.refCnt());
    tap.readComplete();
    assertEquals(2, second.refCnt(), "it fills its buffer, so it stays there");
    assertEquals(2, tap.finish(true).tokens().total());
    assertEquals(1, second.refCnt());
    first.release();
    second.release();
  }

  @Test
  void givesALargeBufferBackWhenTheReadLoopEnds() {
    Tap tap = tap();
    ByteBuf large = Unpooled.directBuffer(64 * 1024).writeBytes(frame(1)).writeBytes(frame(7));
    tap.payload(large, 0, large.writerIndex());
    assertEquals(2, large.refCnt());
    tap.readComplete();
    assertEquals(1, large.refCnt());
    large.release();
    assertEquals(7, tap.finish(true).tokens().total());
  }

  /** As one of io_uring's ring, which each read has a slice of. */
  @Test
  void givesASharedBufferBackWhenTheReadLoopEnds() {
    Tap tap = tap();
    ByteBuf shared = Unpooled.directBuffer(4096).writeBytes(frame(1)).writeBytes(frame(7));
    ByteBuf read = shared.retainedSlice();
    tap.payload(read, 0, read.writerIndex());
    read.release();
    assertEquals(2, shared.refCnt());
    tap.readComplete();
    assertEquals(1, shared.refCnt());
    shared.release();
    assertEquals(7, tap.finish(true).tokens().total());
  }

  @Test
  void givesLargeBuffersBackOfTwoTapsInOneReadLoop() {
    Tap[] taps = {tap(), tap()};
    ByteBuf large = Unpooled.directBuffer(64 * 1024).writeBytes(frame(1)).writeBytes(frame(7));
    for (Tap tap : taps) {
      tap.payload(large, 0, large.writerIndex());
    }
    taps[1].readComplete();
    assertEquals(1, large.refCnt());
    large.release();
    for (Tap tap : taps) {
      assertEquals(7, tap.finish(true).tokens().total());
    }
  }

  private static ByteBuf frame(int tokens) {
    String text = "data: {\"id\":\"a\",\"usage\":{\"total_tokens\":" + tokens + "}}\n\n";
    return Unpooled.copiedBuffer(text, UTF_8);
  }
}
