package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Which upstream connections take a second request, and which are given up. */
class KeptConnectionsTest {
  private static final String IDLE = "tailtap_upstream_idle_connections ";

  private static String evicted(String reason) {
    return "tailtap_upstream_evicted_total{reason=\"" + reason + "\"} 1.0";
  }

  private static RelayRig rig(Provider provider, String key, String value) throws Exception {
    return new RelayRig(provider.url(), "relay.loops", "1", "upstream.test." + key, value);
  }

  @Test
  @Rule(
      value = "An idle connection that the upstream closes is given up at once",
      source = "RFC 9112 section 9.5")
  void givesUpAnIdleConnectionThatTheUpstreamCloses() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "ok").close());
        RelayRig rig = rig(provider, "keep", "7");
        RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/a").answer().text());
      rig.awaitMetric(evicted("closed"));
      rig.awaitMetric(IDLE + "0.0");
      assertEquals("ok", client.get("/v1/b").answer().text());
      assertEquals(2, provider.connections());
      assertEquals("completed", rig.rows(2).get(1).get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A connection is used again after an answer without a body",
      source = "RFC 9112 section 9.3")
  void keepsAConnectionAfterAnAnswerWithoutABody() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.send("HTTP/1.1 204 No Content\r\n\r\n"));
        RelayRig rig = rig(provider, "keep", "7");
        RawClient client = rig.client()) {
      for (int call = 1; call <= 3; call++) {
        client.get("/v1/a");
        assertEquals(204, client.head().status());
        assertEquals(1, provider.take().connection());
      }
    }
  }

  @Test
  @Rule(
      value = "A connection with bytes that answer no request takes no further request",
      source = "RFC 9112 section 6.3")
  void givesUpAConnectionThatSaysMoreThanItsAnswer() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.send("HTTP/1.1 204 No Content\r\n\r\nHTT"));
        RelayRig rig = rig(provider, "keep", "7");
        RawClient client = rig.client()) {
      for (int call = 1; call <= 2; call++) {
        client.get("/v1/a");
        assertEquals(204, client.head().status());
        assertEquals(call, provider.take().connection());
      }
      assertEquals("completed", rig.rows(2).get(1).get("outcome"));
      rig.awaitMetric(evicted("surplus").replace("1.0", "2.0"));
    }
  }

  @Test
  @Rule(
      value = "A byte on an idle connection evicts it, be it a whole answer or a part of one",
      source = "RFC 9112 section 6.3")
  void givesUpAnIdleConnectionThatSpeaks() throws Exception {
    CountDownLatch kept = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.whole(200, "text/plain", "ok");
                  kept.await();
                  answer.send("H");
                });
        RelayRig rig = rig(provider, "keep", "7");
        RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/a").answer().text());
      rig.awaitMetric(IDLE + "1.0");
      kept.countDown();
      rig.awaitMetric(evicted("surplus"));
      rig.awaitMetric(IDLE + "0.0");
    }
  }

  @Test
  @Rule(value = "A connection is not kept longer than set", source = "conf upstream.NAME.keep-idle")
  void givesUpWhatWasIdleForTooLong() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
        RelayRig rig = rig(provider, "keep-idle", "100ms");
        RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/a").answer().text());
      rig.awaitMetric(evicted("idle"));
      rig.awaitMetric(IDLE + "0.0");
    }
  }

  @Test
  @Rule(
      value = "A connection older than set takes no further request",
      source = "conf upstream.NAME.keep-age")
  void givesUpWhatIsTooOld() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  LockSupport.parkNanos(
                      5_000_000); // answered within its millisecond it would be young enough
                  answer.whole(200, "text/plain", "ok");
                });
        RelayRig rig = rig(provider, "keep-age", "1ms");
        RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/a").answer().text());
      rig.awaitMetric(evicted("age"));
      assertEquals("ok", client.get("/v1/b").answer().text());
      assertEquals(2, provider.connections());
    }
  }

  @Test
  @Rule(value = "No more connections are kept than set", source = "conf upstream.NAME.keep")
  void keepsNoneWhereNoneIsToBeKept() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
        RelayRig rig = rig(provider, "keep", "0");
        RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/a").answer().text());
      rig.awaitMetric(evicted("full"));
      assertEquals("ok", client.get("/v1/b").answer().text());
      assertEquals(2, provider.connections());
    }
  }
}
