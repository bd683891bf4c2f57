package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.client.CloseCell.Framing;
import dev.tailtap.client.CloseCell.Leaver;
import dev.tailtap.client.CloseCell.Moment;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The close matrix where the client leaves: its upstream is cancelled at once, or drained.
 *
 * <p>Not cells: an answer until close before the head, where nothing tells it from one with a
 * length, and at its last chunk, since it has none. {@link SettlingTest} has what follows that.
 */
class ClientLeavesTest {
  private static CloseRig cancelling;
  private static CloseRig draining;

  @BeforeAll
  static void start() throws Exception {
    cancelling = new CloseRig();
    draining = new CloseRig("usage.on-client-abort", "drain");
  }

  @AfterAll
  static void stop() throws Exception {
    cancelling.close();
    draining.close();
  }

  static Stream<CloseCell> cells() {
    return Stream.of(Leaver.CLIENT_CLOSES, Leaver.CLIENT_RESETS)
        .flatMap(who -> CloseCell.of(who, Moment.CONNECTING, Moment.LAST_CHUNK).stream());
  }

  @Rule(value = "A request whose client has left is cancelled", source = "RFC 9112 section 9.5")
  @ParameterizedTest(name = "cancels when {0}")
  @MethodSource("cells")
  void cancelsTheUpstreamAtOnce(CloseCell cell) throws Exception {
    CloseScene scene = cancelling.open(cell);
    scene.clientLeaves();
    assertTrue(scene.upstreamEnded(), "the upstream's connection is still open");
    assertGone(scene.row(), cell, cell.cutUsage());
  }

  @Rule(
      value = "The usage of an answer whose client has left is read to its end, where so wanted",
      source = "usage.on-client-abort=drain")
  @ParameterizedTest(name = "drains when {0}")
  @MethodSource("cells")
  void readsTheAnswerToItsEndWhereToldSo(CloseCell cell) throws Exception {
    CloseScene scene = draining.open(cell);
    if (cell.moment().compareTo(Moment.WAITING_FOR_THE_HEAD) < 0) {
      scene.clientLeaves(); // there is no whole request that could be answered
      assertTrue(scene.upstreamEnded(), "the upstream's connection is still open");
      assertGone(scene.row(), cell, "absent");
    } else {
      scene.clientLeavesEarly();
      draining.relay().awaitMetric("tailtap_client_connections 0.0");
      scene.goOn();
      assertGone(scene.row(), cell, "final");
    }
  }

  @Test
  void endsADrainThatTakesTooLong() throws Exception {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    ended.complete(answer.chunkedHead(ChatStream.SSE).awaitEnd()));
        RelayRig rig =
            new RelayRig(
                provider.url(), "usage.on-client-abort", "drain", "usage.drain-time", "100ms");
        RawClient client = rig.client()) {
      client.post("/v1/chat/completions", ChatStream.ASKED).head();
      client.leave();
      assertTrue(ended.get(Patience.SECONDS, TimeUnit.SECONDS));
      assertEquals("client_gone", rig.row().get("outcome"));
    }
  }

  @Test
  void endsADrainThatTakesTooMuch() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.USAGE);
                  left.await();
                  answer.chunk(":" + "x".repeat(2_000) + "\n\n");
                  ended.complete(answer.awaitEnd());
                });
        RelayRig rig =
            new RelayRig(
                provider.url(), "usage.on-client-abort", "drain", "usage.drain-bytes", "1KiB");
        RawClient client = rig.client()) {
      client.post("/v1/chat/completions", ChatStream.ASKED).head();
      client.leave();
      rig.awaitMetric("tailtap_client_connections 0.0");
      left.countDown();
      assertTrue(ended.get(Patience.SECONDS, TimeUnit.SECONDS));
      assertEquals("client_gone", rig.row().get("outcome"));
      assertEquals("partial", rig.row().get("usage_state"));
    }
  }

  private static void assertGone(Map<String, Object> row, CloseCell cell, String usageState) {
    assertEquals("client_gone", row.get("outcome"));
    assertEquals("client_gone", row.get("error"));
    assertEquals(usageState, row.get("usage_state"));
    boolean counted = usageState.equals("partial") || usageState.equals("final");
    assertEquals(counted ? 10L : null, row.get("total_tokens"));
    boolean headCame = cell.answered() || counted;
    assertEquals(headCame ? 200 : null, row.get("http_status"));
    boolean whole = cell.moment() != Moment.SENDING_THE_REQUEST;
    assertEquals(whole && cell.framing() == Framing.HIDDEN_FRAME, asked(row));
  }

  private static boolean asked(Map<String, Object> row) {
    return row.get("usage_note").toString().contains("asked=relay");
  }
}
