package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.client.CloseCell.Framing;
import dev.tailtap.client.CloseCell.Leaver;
import dev.tailtap.client.CloseCell.Moment;
import dev.tailtap.rig.Rule;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The close matrix where the upstream leaves: an error answer before the head, a cut without a
 * false end after it.
 *
 * <p>Not cells: a close while connecting, since nobody has accepted who could close in order (a
 * reset is the refusal); a hidden frame while sending, since that request is collected before the
 * upstream is called; and those of {@link ClientLeavesTest}.
 */
class UpstreamLeavesTest {
  private static CloseRig rig;

  @BeforeAll
  static void start() throws Exception {
    rig = new CloseRig();
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
  }

  private static Stream<CloseCell> cells(Moment from, Moment to) {
    return Stream.of(Leaver.UPSTREAM_CLOSES, Leaver.UPSTREAM_RESETS)
        .flatMap(who -> CloseCell.of(who, from, to).stream());
  }

  static Stream<CloseCell> beforeTheHead() {
    return cells(Moment.CONNECTING, Moment.WAITING_FOR_THE_HEAD);
  }

  private static boolean isTheEnd(CloseCell cell) {
    return cell.framing() == Framing.UNTIL_CLOSE && cell.leaver() == Leaver.UPSTREAM_CLOSES;
  }

  static Stream<CloseCell> inTheBody() {
    return cells(Moment.AFTER_THE_HEAD, Moment.LAST_CHUNK).filter(cell -> !isTheEnd(cell));
  }

  static Stream<CloseCell> atTheEnd() {
    return cells(Moment.AFTER_THE_HEAD, Moment.LAST_CHUNK).filter(UpstreamLeavesTest::isTheEnd);
  }

  @Rule(
      value = "A gateway whose upstream gives no answer answers 502 itself",
      source = "RFC 9110 section 15.6.3")
  @ParameterizedTest(name = "answers 502 when {0}")
  @MethodSource("beforeTheHead")
  void answers502(CloseCell cell) throws Exception {
    CloseScene scene = rig.open(cell);
    scene.upstreamLeaves();
    CloseScene.Seen seen = scene.seen();
    assertEquals(502, seen.status());
    assertTrue(seen.whole());
    String code =
        switch (cell.moment()) {
          case CONNECTING -> "upstream_unreachable";
          case SHAKING_HANDS -> "upstream_tls_failed";
          default -> reset(cell) ? "upstream_reset" : "upstream_closed";
        };
    assertTrue(seen.text().contains("\"code\":\"" + code + "\""), seen.text());
    Map<String, Object> row = scene.row();
    boolean called = code.equals("upstream_reset") || code.equals("upstream_closed");
    assertEquals(called ? "upstream_reset" : "unreachable", row.get("outcome"));
    assertEquals(code, row.get("error"));
    assertEquals("absent", row.get("usage_state"));
    assertEquals(null, row.get("http_status"));
  }

  @Rule(
      value = "An incomplete answer is never completed for the client",
      source = "RFC 9112 section 8")
  @ParameterizedTest(name = "cuts the client when {0}")
  @MethodSource("inTheBody")
  void cutsTheClientWithoutAFalseEnd(CloseCell cell) throws Exception {
    CloseScene scene = rig.open(cell);
    scene.upstreamLeaves();
    CloseScene.Seen seen = scene.seen();
    assertEquals(200, seen.status());
    assertFalse(seen.whole(), "the client cannot know that it was cut");
    assertEquals(scene.text(false), seen.text());
    Map<String, Object> row = scene.row();
    assertEquals("upstream_reset", row.get("outcome"));
    assertEquals(reset(cell) ? "upstream_reset" : "upstream_cut", row.get("error"));
    assertEquals(cell.cutUsage(), row.get("usage_state"));
    assertEquals(200, row.get("http_status"));
  }

  @Rule(
      value = "An answer without a length or chunks ends with its connection",
      source = "RFC 9112 section 6.3")
  @ParameterizedTest(name = "ends the answer when {0}")
  @MethodSource("atTheEnd")
  void takesTheCloseForTheEnd(CloseCell cell) throws Exception {
    CloseScene scene = rig.open(cell);
    scene.upstreamLeaves();
    CloseScene.Seen seen = scene.seen();
    assertTrue(seen.whole());
    assertEquals(scene.text(false), seen.text());
    Map<String, Object> row = scene.row();
    assertEquals("completed", row.get("outcome"));
    boolean counted = cell.moment() == Moment.BETWEEN_FRAMES;
    assertEquals(counted ? "final" : cell.cutUsage(), row.get("usage_state"));
  }

  private static boolean reset(CloseCell cell) {
    return cell.leaver() == Leaver.UPSTREAM_RESETS;
  }
}
