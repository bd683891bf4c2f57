package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The one frame that our asking added disappears; every other byte passes, and at once. */
class UsageEventFilterTest {
  private static final String TEXT =
      "data: {\"id\":\"c-1\",\"choices\":[{\"delta\":{\"content\":\"hi\"}}],\"usage\":null}\n\n";
  private static final String USAGE =
      "data: {\"id\":\"c-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"total_tokens\":4}}\n\n";
  private static final String FINISH =
      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
  private static final String DONE = "data: [DONE]\n\n";

  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(true);
  private final StringBuilder passed = new StringBuilder();
  private final List<ByteBuf> slices = new ArrayList<>();
  private UsageEventFilter stage = stage(1 << 16);

  @AfterEach
  void everythingWasReleased() {
    stage.close();
    slices.forEach(slice -> assertEquals(0, slice.refCnt()));
    assertEquals(0, alloc.metric().usedDirectMemory());
    assertEquals(0, alloc.metric().usedHeapMemory());
  }

  @Test
  void hidesTheEventThatOnlyCarriesUsage() {
    send(TEXT + USAGE + DONE);
    assertEquals(TEXT + DONE, passed.toString());
    assertTrue(stage.hidden());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void hidesItWhereverTheStreamIsCutInTwo(String eol) {
    String start = ": note\n\n" + TEXT + FINISH;
    String stream = (start + "event: x\nid: 7\n" + USAGE + TEXT).replace("\n", eol);
    String rest = (start + TEXT).replace("\n", eol);
    for (int cut = 0; cut <= stream.length(); cut++) {
      stage = stage(1 << 16);
      passed.setLength(0);
      send(stream.substring(0, cut), stream.substring(cut));
      assertEquals(rest, passed.toString(), "cut at " + cut);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void hidesItFromAStreamOfSingleBytes(String eol) {
    String stream = (TEXT + USAGE + DONE).replace("\n", eol);
    send(stream.split(""));
    assertEquals((TEXT + DONE).replace("\n", eol), passed.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: {\"choices\":[{}],\"usage\":{\"total_tokens\":4}}\n\n",
        "data: {\"choices\":[],\"usage\":null}\n\n",
        "data: {\"choices\":[],\"x\":{\"usage\":{\"total_tokens\":4}}}\n\n",
        "data: {\"choices\":null,\"usage\":{\"total_tokens\":4}}\n\n",
        "data: {\"usage\":{\"total_tokens\":4}}\n\n",
        "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":4}\n\n",
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":4}} {}\n\n",
        "data: {\"choices\":[],\"text\":\"\\\"usage\\\":{\"}\n\n",
        "event: {\"choices\":[],\"usage\":{\"total_tokens\":4}}\n\n",
      })
  void letsEveryOtherEventPass(String frame) {
    send(TEXT + frame + DONE);
    assertEquals(TEXT + frame + DONE, passed.toString());
    assertFalse(stage.hidden());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data:{\"usage\":{\"a\":1},\"choices\":[],\"x\":1}\n\n",
        "data: { \"choices\" : [ ] , \"usage\" : { } }\n\n",
        "data: {\"choices\":[],\ndata: \"usage\":{\"total_tokens\":4}}\n\n",
        ": comment\ndata: {\"choices\":[],\"usage\":{}}\nretry: 5\n\n",
      })
  void hidesItInEveryLawfulSpelling(String frame) {
    send(TEXT + frame + DONE);
    assertEquals(TEXT + DONE, passed.toString());
  }

  @Test
  void passesCompleteEventsOfAReadAsOneSlice() {
    send(TEXT + TEXT + TEXT);
    assertEquals(1, slices.size());
  }

  @Test
  void passesAnIncompleteEventAsSoonAsItCannotBeTheEvent() {
    String start = TEXT.substring(0, TEXT.indexOf("[{") + 2);
    payload(start);
    assertEquals(start, passed.toString());
    payload(TEXT.substring(start.length()));
    assertEquals(TEXT, passed.toString());
    payload("data: [D");
    assertEquals(TEXT + "data: [D", passed.toString());
  }

  @Test
  void holdsBackOnlyTheEventThatMayBeTheEvent() {
    payload(TEXT + USAGE.substring(0, 30));
    assertEquals(TEXT, passed.toString());
    payload(USAGE.substring(30) + DONE);
    assertEquals(TEXT + DONE, passed.toString());
  }

  @Test
  void passesWhatIsHeldAtTheEnd() {
    send(TEXT, "data: {\"id\"");
    assertEquals(TEXT + "data: {\"id\"", passed.toString());
  }

  @Test
  void holdsNoMoreThanTheWindow() {
    stage = stage(64);
    String frame = "data: {\"id\":\"" + "x".repeat(100) + "\",\"choices\":[],\"usage\":{}}\n\n";
    for (int cut = 1; cut < frame.length(); cut++) {
      passed.setLength(0);
      stage = stage(64);
      payload(frame.substring(0, cut));
      assertTrue(cut - passed.length() <= 64);
      payload(frame.substring(cut) + DONE);
      stage.end();
      assertTrue(passed.toString().endsWith(DONE));
    }
  }

  @Test
  void passesEventsLargerThanAnyRoom() {
    String large = "data: {\"choices\":[{\"x\":\"" + "y".repeat(100_000) + "\"}]}\n\n";
    send(large + FINISH + USAGE + large);
    assertEquals(large + FINISH + large, passed.toString());
  }

  @Test
  void hidesOneEventOfAProviderThatSendsSuchEventsItself() {
    String own = USAGE.repeat(1_000);
    send((own + TEXT + own + FINISH + USAGE + own + DONE).split("(?<=\n\n)"));
    assertEquals(own + TEXT + own + FINISH + own + DONE, passed.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void hidesOnlyTheLastWhereNoFinishReasonCame(String eol) {
    String all = (USAGE + TEXT + USAGE + USAGE + USAGE + DONE).replace("\n", eol);
    String rest = (USAGE + TEXT + USAGE + USAGE + DONE).replace("\n", eol);
    for (int cut = 0; cut <= all.length(); cut++) {
      stage = stage(1 << 16);
      passed.setLength(0);
      send(all.substring(0, cut), all.substring(cut));
      assertEquals(rest, passed.toString(), "cut at " + cut);
      assertTrue(stage.hidden());
    }
  }

  @Test
  void hidesTheEventThatIsTheLastBecauseTheStreamEnds() {
    send(TEXT, USAGE);
    assertEquals(TEXT, passed.toString());
    assertTrue(stage.hidden());
  }

  /** OpenAI's filter results come after the usage. */
  @Test
  void hidesItBeforeATrailingEvent() {
    String trailing = "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n";
    send(TEXT + FINISH, USAGE, trailing, DONE);
    assertEquals(TEXT + FINISH + trailing + DONE, passed.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "\"\"", " null ", "null,\"x\":\"\\\"finish_reason\\\":1\""})
  void takesNothingElseForAFinishReason(String reason) {
    String open = "data: {\"choices\":[{\"finish_reason\":" + reason + "}]}\n\n";
    for (int cut = 0; cut < open.length(); cut++) {
      stage = stage(1 << 16);
      passed.setLength(0);
      send(open.substring(0, cut), open.substring(cut) + USAGE, TEXT + DONE);
      assertEquals(open + USAGE + TEXT + DONE, passed.toString());
    }
  }

  @Test
  void letsEventsWithoutDataOvertakeTheEventThatWaits() {
    payload(TEXT + USAGE);
    payload(": beat\n\n");
    assertEquals(TEXT + ": beat\n\n", passed.toString());
    send(": beat\n\n", TEXT);
    assertEquals(TEXT + ": beat\n\n: beat\n\n" + USAGE + TEXT, passed.toString());
    assertFalse(stage.hidden());
  }

  @Test
  void holdsOneWindowAtMostWhateverWaits() {
    stage = stage(128);
    payload(USAGE + ": " + "x".repeat(1_000));
    assertEquals(USAGE + ": " + "x".repeat(1_000), passed.toString());
    assertTrue(stage.heldBytes() <= 2 * 128);
    assertTrue(stage.exceededWindow());
  }

  @Test
  void losesNothingButOneEventHoweverTheStreamIsMadeAndCut() {
    String[] kinds = {TEXT, TEXT, USAGE, USAGE, FINISH, ": note\n\n", "id: 7\nretry: 9\n\n", "\n"};
    for (int seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      List<String> events = new ArrayList<>();
      for (int i = random.nextInt(9); i >= 0; i--) {
        events.add(kinds[random.nextInt(kinds.length)]);
      }
      if (random.nextBoolean()) {
        events.add(DONE);
      }
      String stream = String.join("", events);
      int hidden = hidden(events);
      if (hidden >= 0) {
        events.remove(hidden);
      }
      stage = stage(1 << 10);
      passed.setLength(0);
      int[] cuts = Cuts.random(stream.getBytes(UTF_8), seed);
      int from = 0;
      for (int cut : cuts) {
        payload(stream.substring(from, cut));
        from = cut;
      }
      send(stream.substring(from));
      assertEquals(hidden >= 0, stage.hidden(), stream);
      assertEquals(data(String.join("", events)), data(passed.toString()), stream);
      assertEquals(String.join("", events).length(), passed.length(), stream);
    }
  }

  /** The rule, seen from behind: which event is the one that our asking added; -1: none. */
  private static int hidden(List<String> events) {
    int finish = events.indexOf(FINISH);
    for (int i = Math.max(finish, 0); i < events.size() && finish >= 0; i++) {
      if (events.get(i).equals(USAGE)) {
        return i;
      }
    }
    int last = events.size() - 1;
    while (last >= 0 && (events.get(last).equals(DONE) || !events.get(last).contains("data:"))) {
      last--;
    }
    return last >= 0 && events.get(last).equals(USAGE) ? last : -1;
  }

  private static String data(String stream) {
    return stream.lines().filter(line -> line.startsWith("data:")).toList().toString();
  }

  private UsageEventFilter stage(int window) {
    return new UsageEventFilter(alloc, window, this::take);
  }

  private void take(ByteBuf slice) {
    passed.append(slice.toString(UTF_8));
    slices.add(slice);
    slice.release();
  }

  private void send(String... parts) {
    for (String part : parts) {
      payload(part);
    }
    stage.end();
  }

  private void payload(String part) {
    ByteBuf buf = Unpooled.copiedBuffer("~~" + part + "~", UTF_8);
    stage.payload(buf, 2, buf.readableBytes() - 3);
    assertEquals(0, buf.readerIndex());
    assertTrue(buf.release());
  }
}
