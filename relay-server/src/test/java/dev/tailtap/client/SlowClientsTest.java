package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Clients that do not take their answers, or do not come to the end of their requests. */
class SlowClientsTest {
  /** The water mark, one read of the upstream, and the small change of the pending writes. */
  private static final double BOUND = 64 * 1024 + 64 * 1024 + 8 * 1024;

  private static final int MANY = 60;

  /** More than the kernel takes on both ways together. */
  private static void endless(Provider.Answer answer) throws IOException {
    answer.chunkedHead("text/event-stream");
    byte[] event = ("data: " + "x".repeat(32_000) + "\n\n").getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 20_000; i++) {
      answer.chunk(event);
    }
    answer.lastChunk();
  }

  /** The end of a wait for what must come; whoever sees it pass fails. */
  private static final class Wait {
    private final long deadline = System.nanoTime() + Patience.NANOS;

    void look(String awaited) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("there was no " + awaited);
      }
    }
  }

  private static double backlog(RelayRig rig) throws Exception {
    return rig.admin("/metrics")
        .lines()
        .filter(line -> line.startsWith("tailtap_client_backlog_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.split(" ", 2)[1]))
        .sum();
  }

  @Test
  @Rule(
      value = "A client that takes nothing holds little memory, and is dropped after a time",
      source = "conf limits.write-stall")
  void boundsTheMemoryOfAClientThatNeverReadsAndDropsIt() throws Exception {
    try (Provider provider = new Provider((request, answer) -> endless(answer));
        RelayRig rig = new RelayRig(provider.url(), "limits.write-stall", "1s");
        RawClient client = rig.client()) {
      client.post("/v1/messages", "{\"stream\":true}").head();
      double most = 0;
      Wait wait = new Wait();
      while (rig.query("select 1 from pg_tables where tablename = 'usage_record'").isEmpty()
          || rig.query("select 1 from usage_record").isEmpty()) {
        wait.look("row");
        most = Math.max(most, backlog(rig));
      }
      assertTrue(most > 32 * 1024 && most <= BOUND, "bytes: " + most);
      Map<String, Object> row = rig.row();
      assertEquals("client_gone", row.get("outcome"));
      assertEquals("client_stalled", row.get("error"));
      rig.awaitMetric("tailtap_call_errors_total{error=\"client_stalled\"} 1.0");
      rig.awaitMetric("tailtap_client_backlog_bytes 0.0");
    }
  }

  @Test
  @Rule(
      value = "Answers to pipelined requests wait until the client takes those before",
      source = "RFC 9112 section 9.3.2")
  void boundsTheMemoryOfAPipelineWhoseAnswersNobodyReads() throws Exception {
    byte[] body = new byte[200 * 1024];
    try (Provider provider = new Provider((request, answer) -> answer.whole(200, "a/b", body));
        RelayRig rig = new RelayRig(provider.url(), "limits.write-stall", "1s");
        RawClient client = rig.client()) {
      client.send("GET /v1/x HTTP/1.1\r\nHost: r\r\n\r\n".repeat(200));
      double most = 0;
      Wait wait = new Wait();
      while (!rig.counted("client_stalled") && !rig.counted("write-stall")) {
        wait.look("end of the connection");
        most = Math.max(most, backlog(rig));
      }
      assertTrue(most > 0 && most <= BOUND, "bytes: " + most);
      assertTrue(rig.rows(1).size() < 200);
    }
  }

  @Test
  @Rule(
      value = "Refusals that nobody reads stop the reading of further requests",
      source = "conf limits.write-stall")
  void boundsTheMemoryOfRefusalsThatNobodyReads() throws Exception {
    try (Provider provider = new Provider((request, answer) -> {});
        RelayRig rig =
            new RelayRig(provider.url(), "route.test.path", "/v1", "limits.write-stall", "1s");
        RawClient client = rig.client()) {
      client.socket().setReceiveBufferSize(4096);
      byte[] requests =
          "GET /nowhere HTTP/1.1\r\nHost: r\r\n\r\n"
              .repeat(1000)
              .getBytes(StandardCharsets.US_ASCII);
      Thread sender =
          new Thread(
              () -> {
                try {
                  while (true) {
                    client.send(requests);
                  }
                } catch (IOException dropped) {
                  // as it should be
                }
              });
      sender.start();
      double most = 0;
      Wait wait = new Wait();
      while (sender.isAlive()) {
        wait.look("end of the connection");
        most = Math.max(most, backlog(rig));
      }
      assertTrue(most > 0 && most <= 4 * BOUND, "bytes: " + most);
    }
  }

  @Test
  @Rule(
      value = "A client that is slow but takes something is not dropped",
      source = "conf limits.write-stall")
  void letsASlowClientGoOnThatTakesSomething() throws Exception {
    byte[] body = new byte[24 * 1024 * 1024];
    Arrays.fill(body, (byte) 'y');
    try (Provider provider = new Provider((request, answer) -> answer.whole(200, "a/b", body));
        RelayRig rig = new RelayRig(provider.url(), "limits.write-stall", "4s");
        RawClient client = rig.client()) {
      client.get("/v1/x");
      assertEquals(200, client.head().status());
      int taken = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < 5_000_000_000L) {
        taken += client.read(128 * 1024).length();
        LockSupport.parkNanos(100_000_000);
      }
      assertEquals(body.length - taken, client.read(body.length - taken).length());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A connection that is to close does so only once its answer was taken",
      source = "RFC 9112 section 9.6")
  void givesASlowClientAllBeforeItCloses() throws Exception {
    byte[] body = new byte[9 * 1024 * 1024];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) i;
    }
    try (Provider provider = new Provider((request, answer) -> answer.whole(200, "a/b", body));
        RelayRig rig = new RelayRig(provider.url(), "usage.settle", "after");
        RawClient client = rig.client()) {
      client.send("GET /v1/x HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
      rig.awaitMetric("tailtap_streams_active{upstream=\"test\"} 1.0");
      assertArrayEquals(body, client.answer().body());
    }
  }

  @Test
  @Rule(
      value = "A head that does not come to its end in time is answered 408, however it trickles",
      source = "RFC 9110 section 15.5.9")
  void answers408ToManySlowHeadsAndServesTheOthers() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
        RelayRig rig = new RelayRig(provider.url(), "limits.head-timeout", "1s");
        RawClient honest = rig.client()) {
      List<RawClient> slow = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        slow.add(rig.client().send("GET /v1/x HTTP/1.1\r\nHost: r\r\n"));
      }
      for (RawClient client : slow) {
        client.send("X-Slow: 1\r\n");
      }
      assertEquals("ok", honest.get("/v1/x").answer().text());
      for (RawClient client : slow) {
        RawClient.Answer answer = client.answer();
        assertEquals(408, answer.status());
        assertEquals("close", answer.fields().get("connection"));
        assertTrue(client.awaitClose());
        client.close();
      }
      rig.awaitMetric("tailtap_requests_refused_total{reason=\"head_timeout\"} " + MANY + ".0");
      assertEquals("ok", honest.get("/v1/x").answer().text());
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  @Rule(
      value = "A connection that is merely idle is no slow head",
      source = "conf limits.head-timeout")
  void leavesAnIdleConnectionToItsOwnLimit() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
        RelayRig rig =
            new RelayRig(
                provider.url(), "limits.head-timeout", "100ms", "limits.client-idle", "1500ms");
        RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/x").answer().text());
      assertTrue(client.awaitClose()); // without a 408 before
    }
  }

  @Test
  @Rule(
      value = "A body that stalls is answered 408, also on many connections",
      source = "conf limits.request-stall")
  void answers408ToManySlowBodies() throws Exception {
    try (Provider provider = new Provider((request, answer) -> {});
        RelayRig rig = new RelayRig(provider.url(), "limits.request-stall", "1s")) {
      List<RawClient> slow = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        slow.add(
            rig.client().send("POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\nhalf"));
      }
      for (RawClient client : slow) {
        assertEquals(408, client.answer().status());
        client.close();
      }
      rig.awaitMetric("tailtap_call_errors_total{error=\"request_stalled\"} " + MANY + ".0");
      assertEquals(MANY, rig.rows(MANY).size());
    }
  }
}
