package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Each limit of time has a status, an outcome and a counter of its own. */
class TimeLimitsTest {
  private static final String EVENT = "data: {}\n\n";

  private static void assertEnding(RelayRig rig, String error) throws Exception {
    Map<String, Object> row = rig.row();
    assertEquals(error, row.get("error"));
    assertEquals("timed_out", row.get("outcome"));
    rig.awaitMetric("tailtap_call_errors_total{error=\"" + error + "\"} 1.0");
    rig.awaitMetric("tailtap_calls_total{outcome=\"timed_out\"} 1.0");
  }

  @Test
  @Rule(
      value = "An upstream that accepts no connection in time is answered for with 504",
      source = "RFC 9110 section 15.6.5")
  void answers504WhenNoConnectionComesUp() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> crowd = new ArrayList<>();
      for (int i = 0; i < 2; i++) { // the kernel takes one more than its backlog
        crowd.add(new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort()));
      }
      String url = "http://127.0.0.1:" + full.getLocalPort();
      try (RelayRig rig = new RelayRig(url, "upstream.test.connect-timeout", "300ms");
          RawClient client = rig.client()) {
        RawClient.Answer answer = client.get("/v1/x").answer();
        assertEquals(504, answer.status());
        Map<String, Object> row = rig.row();
        assertEquals("unreachable", row.get("outcome"));
        assertEquals("upstream_connect_timeout", row.get("error"));
        rig.awaitMetric("tailtap_call_errors_total{error=\"upstream_connect_timeout\"} 1.0");
      }
      for (Socket socket : crowd) {
        socket.close();
      }
    }
  }

  @Test
  @Rule(
      value = "An answer that does not begin in time is answered for with 504",
      source = "RFC 9110 section 15.6.5")
  void answers504WhenNoHeadComes() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.head-timeout", "100ms");
        RawClient client = rig.client()) {
      assertEquals(504, client.get("/v1/x").answer().status());
      assertEnding(rig, "upstream_head_timeout");
    }
  }

  @Test
  @Rule(
      value = "A stream that falls silent is cut, without a false end",
      source = "RFC 9112 section 8")
  void cutsAStreamThatFallsSilent() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.chunkedHead("text/event-stream").chunk(EVENT).awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.idle-timeout", "100ms");
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals(EVENT, answer.text());
      assertFalse(answer.whole());
      assertEnding(rig, "upstream_idle_timeout");
    }
  }

  @Test
  @Rule(
      value = "The total limit ends an exchange before its answer with 504",
      source = "conf upstream.NAME.total-timeout")
  void answers504WhenTheTotalTimeIsOver() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.total-timeout", "100ms");
        RawClient client = rig.client()) {
      assertEquals(504, client.get("/v1/x").answer().status());
      assertEnding(rig, "total_timeout");
    }
  }

  @Test
  @Rule(
      value = "The total limit cuts a stream that still moves",
      source = "conf upstream.NAME.total-timeout")
  void cutsAStreamThatMovesWhenTheTotalTimeIsOver() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead("text/event-stream");
                  while (!over.await(20, TimeUnit.MILLISECONDS)) {
                    answer.chunk(EVENT);
                  }
                });
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "upstream.test.total-timeout",
                "4s",
                "upstream.test.idle-timeout",
                "3s");
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals(200, answer.status());
      assertFalse(answer.whole());
      over.countDown();
      assertEnding(rig, "total_timeout");
    }
  }
}
