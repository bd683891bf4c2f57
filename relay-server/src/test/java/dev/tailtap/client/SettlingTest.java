package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.client.CloseCell.Framing;
import dev.tailtap.client.CloseCell.Leaver;
import dev.tailtap.client.CloseCell.Moment;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.UsageState;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.Sockets;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The close matrix where all of the answer has come and only its record is not on the disk yet: the
 * row stands, and nothing that happens now makes a second one.
 *
 * <p>Not a cell: the upstream of an answer until close, which has left already.
 */
@Rule(
    value = "The end of an answer waits for its record, whoever leaves meanwhile",
    source = "usage.settle=before-end")
class SettlingTest {
  private final CompletableFuture<Leaver> leaving = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  static Stream<CloseCell> cells(Leaver... leavers) {
    return Stream.of(leavers)
        .flatMap(who -> CloseCell.of(who, Moment.SETTLING, Moment.SETTLING).stream())
        .filter(cell -> !(cell.upstreamLeaves() && cell.framing() == Framing.UNTIL_CLOSE));
  }

  static Stream<CloseCell> client() {
    return cells(Leaver.CLIENT_RESETS);
  }

  static Stream<CloseCell> halfClosing() {
    return cells(Leaver.CLIENT_CLOSES).filter(cell -> cell.framing() != Framing.HTTP_1_0);
  }

  static Stream<CloseCell> upstream() {
    return cells(Leaver.UPSTREAM_CLOSES, Leaver.UPSTREAM_RESETS);
  }

  static Stream<CloseCell> relay() {
    return cells(Leaver.RELAY_DRAINS, Leaver.DRAIN_RUNS_OUT);
  }

  @ParameterizedTest(name = "gives it its end when {0}")
  @MethodSource("halfClosing")
  void endsProperlyForAClientThatOnlyEndedItsSide(CloseCell cell) throws Exception {
    try (Provider provider = provider(cell);
        SettlingRig rig = rig(cell, provider);
        RawClient client = rig.client()) {
      RawClient.Answer early = head(cell, client);
      SettlingRig.Settling settling = settling(rig);
      client.socket().shutdownOutput();
      settling.durable().run();
      assertTrue(rest(early, client).whole());
      assertTrue(client.awaitClose());
    }
  }

  @ParameterizedTest(name = "forgets it when {0}")
  @MethodSource("client")
  void letsTheClientGo(CloseCell cell) throws Exception {

    try (Provider provider = provider(cell);
        SettlingRig rig = rig(cell, provider);
        RawClient client = rig.client()) {
      head(cell, client);
      SettlingRig.Settling settling = settling(rig);
      client.reset();
      rig.admission().drain(); // so that it tells when the last one has left
      assertTrue(rig.admission().awaitEmpty(Patience.TIME));
      settling.durable().run();
      assertFalse(rig.hasMore());
    }
  }

  @ParameterizedTest(name = "ends it properly when {0}")
  @MethodSource("upstream")
  void needsItsUpstreamNoMore(CloseCell cell) throws Exception {
    try (Provider provider = provider(cell);
        SettlingRig rig = rig(cell, provider);
        RawClient client = rig.client()) {
      RawClient.Answer early = head(cell, client);
      SettlingRig.Settling settling = settling(rig);
      leaving.complete(cell.leaver());
      left.get(Patience.SECONDS, TimeUnit.SECONDS);
      settling.durable().run();
      assertWhole(cell, rest(early, client));
      assertFalse(rig.hasMore());
    }
  }

  @ParameterizedTest(name = "ends it properly when {0}")
  @MethodSource("relay")
  void givesTheEndBeforeTheRelayStops(CloseCell cell) throws Exception {
    try (Provider provider = provider(cell);
        SettlingRig rig = rig(cell, provider);
        RawClient client = rig.client()) {
      RawClient.Answer early = head(cell, client);
      SettlingRig.Settling settling = settling(rig);
      rig.server().drain();
      assertEquals(1, rig.admission().all().active());
      if (cell.leaver() == Leaver.DRAIN_RUNS_OUT) {
        rig.server().close();
      }
      settling.durable().run();
      assertTrue(rig.admission().awaitEmpty(Patience.TIME));
      assertWhole(cell, rest(early, client));
      assertTrue(Sockets.ends(client.socket()));
      assertFalse(rig.hasMore());
    }
  }

  /** Asks; the head of an answer that comes in one piece comes with its end: null. */
  private static RawClient.Answer head(CloseCell cell, RawClient client) throws IOException {
    client.send(CloseScene.request(cell.framing(), "/v1/chat/completions"));
    return cell.framing() == Framing.CONTENT_LENGTH ? null : client.head();
  }

  private static RawClient.Answer rest(RawClient.Answer early, RawClient client)
      throws IOException {
    return client.rest(early == null ? client.head() : early);
  }

  private Provider provider(CloseCell cell) throws IOException {
    CloseAnswer whole = new CloseAnswer(cell.framing());
    return new Provider(
        (request, answer) -> {
          answer.send(whole.part(0, whole.length()));
          if (cell.framing() == Framing.UNTIL_CLOSE) {
            answer.close();
          } else if (cell.upstreamLeaves()) {
            if (leaving.join() == Leaver.UPSTREAM_RESETS) {
              answer.reset();
            } else {
              answer.close();
            }
            left.complete(null);
          }
        });
  }

  private static SettlingRig rig(CloseCell cell, Provider provider) throws Exception {
    return new SettlingRig(provider.url(), cell.framing() == Framing.HIDDEN_FRAME);
  }

  private static SettlingRig.Settling settling(SettlingRig rig) throws InterruptedException {
    SettlingRig.Settling settling = rig.take();
    assertEquals(Outcome.COMPLETED, settling.record().end().outcome());
    assertEquals(UsageState.FINAL, settling.record().usage().state());
    assertEquals(10L, settling.record().usage().tokens().total());
    return settling;
  }

  private static void assertWhole(CloseCell cell, RawClient.Answer answer) {
    assertTrue(answer.whole());
    assertEquals(new CloseAnswer(cell.framing()).text(Moment.SETTLING), answer.text());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Rule(
      value = "No proper end is given for a record that the journal is known not to keep",
      source = "conf usage.settle-timeout")
  void cutsAnEndThatWaitedInVainForAJournalThatIsGone(boolean gone) throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.chunkedHead("a/b").chunk("all").lastChunk());
        SettlingRig rig = new SettlingRig(provider.url(), false, "100ms");
        RawClient client = rig.client()) {
      if (gone) {
        rig.fail();
      }
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals("all", answer.text());
      assertEquals(!gone, answer.whole()); // a slow disk keeps nobody
    }
  }
}
