package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Requests that come by drops, which hold a stream each. */
class SlowRequestsTest {
  private static final String HEAD =
      "POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 1000000\r\n\r\n";

  /** Sends a byte each tenth of a second until told, or until nobody takes it. */
  private static Thread drip(List<RawClient> clients, CountDownLatch over) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!over.await(100, TimeUnit.MILLISECONDS)) {
                  for (RawClient client : clients) {
                    sendOne(client);
                  }
                }
              } catch (InterruptedException end) {
                // as it is to be
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void sendOne(RawClient client) {
    try {
      client.send("x");
    } catch (IOException refused) {
      // its time was over
    }
  }

  @Test
  @Rule(
      value = "A request that comes too slowly as a whole is answered 408, though it never stalls",
      source = "conf limits.request-time")
  void areAnswered408WhenTheirTimeIsOver() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (Provider provider = new Provider((request, answer) -> answer.awaitClose());
        RelayRig rig =
            new RelayRig(
                provider.url(), "limits.request-time", "1s", "limits.request-rate", "1KiB");
        RawClient client = rig.client()) {
      client.send(HEAD);
      drip(List.of(client), over);
      RawClient.Answer answer = client.answer();
      over.countDown();
      assertEquals(408, answer.status());
      assertTrue(answer.text().contains("request_too_slow"), answer.text());
      assertEquals("timed_out", rig.row().get("outcome"));
      assertEquals("request_too_slow", rig.row().get("error"));
    }
  }

  @Test
  @Rule(
      value = "Bytes lengthen the time of their request, so that a long one is no slow one",
      source = "conf limits.request-rate")
  void areNotThoseThatAreMerelyLong() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> answer.whole(200, "a/b", "" + request.text().length()));
        RelayRig rig =
            new RelayRig(
                provider.url(), "limits.request-time", "1s", "limits.request-rate", "100");
        RawClient client = rig.client()) {
      client.send("POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 40000\r\n\r\n");
      for (int i = 0; i < 20; i++) {
        client.send("x".repeat(2000));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(150));
      }
      assertEquals("40000", client.answer().text());
    }
  }

  @Test
  @Rule(
      value = "The nearer limits.streams is, the less time a slow request has",
      source = "conf limits.request-time")
  void giveTheirPlacesToOthersWhenThoseBecomeRare() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    List<RawClient> slow = new ArrayList<>();
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  if (request.line().startsWith("GET")) {
                    answer.whole(200, "text/plain", "ok");
                  }
                });
        RelayRig rig =
            new RelayRig(provider.url(), "limits.streams", "20", "limits.request-time", "5m")) {
      for (int i = 0; i < 20; i++) {
        slow.add(rig.client().send(HEAD));
      }
      rig.awaitMetric("tailtap_streams_active{upstream=\"test\"} 20.0");
      drip(slow, over);
      long deadline = System.nanoTime() + Patience.NANOS; // far below its time
      int status = 503;
      while (status == 503 && System.nanoTime() < deadline) {
        try (RawClient honest = rig.client()) {
          status = honest.get("/v1/y").answer().status();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
      assertEquals(200, status);
      over.countDown();
      for (RawClient client : slow) {
        client.close();
      }
    }
  }
}
