package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How many calls may be in a further try at the same time, and at which upstreams. */
class FurtherTriesTest {
  /** Three may always be at one that fails itself, as it does between any two, and here no more. */
  @Test
  void aStreamThatIsAnsweredKeepsNobodyFromAFurtherTry() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Provider.Script stream =
        (request, answer) -> {
          if (asked.getAndIncrement() % 2 == 0) {
            FailoverRig.says(500).answer(request, answer);
          } else {
            answer.chunkedHead("text/event-stream").chunk("data: {}\n\n");
            answer.awaitClose();
          }
        };
    List<RawClient> open = new ArrayList<>();
    try (FailoverRig rig = withoutBudget(stream)) {
      for (int i = 0; i < 5; i++) {
        assertEquals(500, rig.post().status());
        open.add(rig.relay.client());
        assertEquals(
            200, open.get(i).post(FailoverRig.PATH, FailoverRig.BODY).head().status(), "of " + i);
      }
      for (RawClient client : open) {
        client.close();
      }
    }
  }

  /** Others are answered by the upstream that they have, until one of the three is answered. */
  @Test
  void noMoreAreAtOneThatFailsItselfThanTheBudgetHas() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (FailoverRig rig = failing(go, "route.m.retry-within", "1s")) {
      List<RawClient> trying = atTheSecond(rig, 3);
      assertEquals(404, rig.post().status());
      assertFalse(rig.b.hasRequest());
      rig.relay.awaitMetric("tailtap_failover_unarmed_total{why=\"budget\"} 1.0");
      go.countDown();
      answered(trying);
      assertEquals(FailoverRig.ANSWER, rig.post().text());
    } finally {
      go.countDown();
    }
  }

  @Test
  void whoFindsNoPlaceInTheBudgetWaitsForIt() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (FailoverRig rig = failing(go, "route.m.retry-within", "10m");
        RawClient waiting = rig.relay.client()) {
      List<RawClient> trying = atTheSecond(rig, 3);
      for (int i = 0; i < 4; i++) {
        rig.a.take();
      }
      waiting.post(FailoverRig.PATH, FailoverRig.BODY);
      rig.a.take();
      rig.relay.awaitMetric("tailtap_streams_active{upstream=\"test\"} 0.0"); // it is at none
      assertFalse(rig.b.hasRequest());
      go.countDown();
      answered(trying);
      assertEquals(FailoverRig.ANSWER, waiting.answer().text());
      assertEquals(
          List.of("test 1 404 upstream_error false", "b 2 200 completed true"),
          rig.rows(10).subList(8, 10));
    } finally {
      go.countDown();
    }
  }

  /** It moves their load, and multiplies none. */
  @Test
  void aTryAtOneThatIsWellNeedsNoPlaceInTheBudget() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (FailoverRig rig = withoutBudget(waits(go))) {
      List<RawClient> trying = atTheSecond(rig, 5);
      go.countDown();
      answered(trying);
    } finally {
      go.countDown();
    }
  }

  /** Its priority is lower, and better than no answer. */
  @Test
  void whereTheBudgetIsSpentTheNextIsOneThatIsWell() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (Provider c = new Provider(FailoverRig::well);
        FailoverRig rig =
            failing(go, "upstream.c.url", c.url(), "route.m.upstreams", "test | b | c")) {
      List<RawClient> trying = atTheSecond(rig, 3);
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertTrue(c.hasRequest());
      assertFalse(rig.b.hasRequest());
      go.countDown();
      answered(trying);
    } finally {
      go.countDown();
    }
  }

  @Test
  void whoGoesOnToOneThatIsWellLeavesItsPlaceInTheBudget() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    Provider.Script fails =
        (request, answer) ->
            FailoverRig.says(asked.incrementAndGet() == 1 ? 500 : 404).answer(request, answer);
    List<RawClient> trying = new ArrayList<>();
    try (Provider c = new Provider(waits(go));
        FailoverRig rig =
            withoutBudget(fails, "upstream.c.url", c.url(), "route.m.upstreams", "test | b | c")) {
      assertEquals(500, rig.post().status());
      rig.b.take();
      for (int i = 0; i < 4; i++) {
        trying.add(rig.relay.client().post(FailoverRig.PATH, FailoverRig.BODY));
        c.take();
        assertTrue(rig.b.hasRequest(), "of " + i);
        rig.b.take();
      }
      go.countDown();
      answered(trying);
    } finally {
      go.countDown();
    }
  }

  /** Of the same priority, which one that has not failed may be asked before. */
  @Test
  void afterAFirstTheNextIsOneThatIsWell() throws Exception {
    try (Provider c = new Provider(FailoverRig::well);
        FailoverRig rig =
            new FailoverRig(
                FailoverRig.says(404),
                FailoverRig.says(500),
                "upstream.c.url",
                c.url(),
                "route.m.upstreams",
                "test | b*1000 c",
                "route.m.balance",
                "spread",
                "route.m.retry-on",
                "404")) {
      assertEquals(500, rig.post().status());
      for (int i = 0; i < 10; i++) {
        assertEquals(FailoverRig.ANSWER, rig.post().text());
      }
    }
  }

  /** Its first upstream has no model, its second has failed once. */
  private static FailoverRig failing(CountDownLatch go, String... settings) throws Exception {
    FailoverRig rig = withoutBudget(failsOnceThenWaits(go), settings);
    assertEquals(500, rig.post().status());
    rig.b.take();
    return rig;
  }

  /** Its first upstream has no model; the budget has the three places that are always there. */
  private static FailoverRig withoutBudget(Provider.Script second, String... settings)
      throws Exception {
    List<String> all =
        new ArrayList<>(List.of("route.m.retry-on", "unsent,404", "limits.retry-budget", "0%"));
    all.addAll(List.of(settings));
    return new FailoverRig(FurtherTriesTest::hasNone, second, all.toArray(String[]::new));
  }

  /** Its connections are for one call: where it is closed, none is left that could be used. */
  private static void hasNone(Provider.Request request, Provider.Answer answer) throws IOException {
    answer.send("HTTP/1.1 404 None\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }

  /** So many calls that wait for the answer of the second upstream. */
  private static List<RawClient> atTheSecond(FailoverRig rig, int calls) throws Exception {
    List<RawClient> trying = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      trying.add(rig.relay.client().post(FailoverRig.PATH, FailoverRig.BODY));
      rig.b.take();
    }
    return trying;
  }

  private static void answered(List<RawClient> clients) throws Exception {
    for (RawClient client : clients) {
      assertEquals(FailoverRig.ANSWER, client.answer().text());
      client.close();
    }
  }

  private static Provider.Script waits(CountDownLatch go) {
    return (request, answer) -> {
      go.await();
      FailoverRig.well(request, answer);
    };
  }

  private static Provider.Script failsOnceThenWaits(CountDownLatch go) {
    AtomicInteger asked = new AtomicInteger();
    return (request, answer) -> {
      int number = asked.incrementAndGet();
      if (number == 1) {
        FailoverRig.says(500).answer(request, answer);
      } else {
        if (number <= 4) {
          go.await();
        }
        FailoverRig.well(request, answer);
      }
    };
  }

  /** As it is where many calls begin while an upstream is down, and not yet known to be. */
  @Test
  void aTryThatReachedNobodyIsFollowedByOneWithoutAPlaceInTheBudget() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (FailoverRig rig = failing(go)) {
      rig.a.close();
      List<RawClient> trying = atTheSecond(rig, 5);
      go.countDown();
      answered(trying);
    } finally {
      go.countDown();
    }
  }
}
