package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What happens as the account of memory fills. */
class MemoryTest {
  private static final byte[] LARGE = new byte[4 << 20];

  private static Provider provider() throws Exception {
    return new Provider(
        (request, answer) -> {
          if (request.line().contains("/large")) {
            answer.whole(200, "a/b", LARGE);
          } else {
            answer.whole(200, "text/plain", "ok");
          }
        });
  }

  private static double held(RelayRig rig) throws Exception {
    return rig.admin("/metrics")
        .lines()
        .filter(line -> line.startsWith("tailtap_memory_held_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.split(" ", 2)[1]))
        .sum();
  }

  @Test
  @Rule(
      value = "However many clients do not read, what waits for them stays within the limit",
      source = "conf limits.memory")
  void holdsTheLessForEachTheMoreThereAre() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try (Provider provider = provider();
        RelayRig rig = new RelayRig(provider.url(), "limits.memory", "4MiB")) {
      double most = 0;
      for (int i = 0; i < 200; i++) {
        clients.add(rig.client().get("/v1/large"));
        clients.get(i).socket().setReceiveBufferSize(4096);
        most = Math.max(most, held(rig));
        try (RawClient other = rig.client()) {
          assertEquals("ok", other.get("/v1/small").answer().text());
        }
      }
      assertTrue(most > 1 << 20 && most < 4 << 20, most + " bytes");
      for (RawClient client : clients) {
        client.close();
      }
      rig.awaitMetric("tailtap_memory_held_bytes 0.0");
    }
  }

  @Test
  @Rule(
      value = "Where all is held nobody is admitted, with Retry-After, and /readyz says so",
      source = "RFC 9110 section 15.6.4")
  void admitsNobodyWhereAllIsHeld() throws Exception {
    try (Provider provider = provider();
        RelayRig rig = new RelayRig(provider.url(), "limits.memory", "1KiB");
        RawClient holder = rig.client();
        RawClient client = rig.client()) {
      holder.send("GET /v1/x HTTP/1.1\r\nX: " + "x".repeat(3_000)); // too little to be cut for
      rig.awaitMetric("tailtap_memory_held_bytes 3072.0");
      RawClient.Answer answer = client.get("/v1/small").answer();
      assertEquals(503, answer.status());
      assertEquals("1", answer.fields().get("retry-after"));
      assertTrue(answer.text().contains("memory_short"), answer.text());
      assertEquals(503, rig.adminAnswer("/readyz").statusCode());
      assertEquals(200, rig.adminAnswer("/healthz").statusCode());
      holder.leave();
      rig.awaitMetric("tailtap_memory_held_bytes 0.0");
      assertEquals("ok", client.get("/v1/small").answer().text());
      assertEquals(200, rig.adminAnswer("/readyz").statusCode());
    }
  }

  @Test
  @Rule(
      value = "Who holds most is cut before anybody is refused, and the row says so",
      source = "conf limits.memory")
  void cutsWhoHoldsMost() throws Exception {
    List<RawClient> others = new ArrayList<>();
    try (Provider provider = provider();
        RelayRig rig =
            new RelayRig(provider.url(), "limits.memory", "40KiB", "usage.include", "leave");
        RawClient hog = rig.client();
        RawClient client = rig.client()) {
      hog.socket().setReceiveBufferSize(4096);
      hog.get("/v1/large");
      long deadline = System.nanoTime() + Patience.NANOS;
      while (held(rig) < 5 * 1024) { // an eighth of all, which one who is alone comes to hold
        assertTrue(System.nanoTime() < deadline, "it holds nothing");
        LockSupport.parkNanos(10_000_000);
      }
      for (int i = 0; i < 10; i++) { // and these hold the most of it, each too little to be cut for
        others.add(rig.client());
        others.get(i).send("GET /v1/x HTTP/1.1\r\nX: " + "x".repeat(3_000));
      }
      rig.awaitMetric("tailtap_memory_cut_total 1.0");
      assertEquals("refused", rig.row().get("outcome"));
      assertEquals("memory_cut", rig.row().get("error"));
      assertEquals("ok", client.get("/v1/small").answer().text());
      for (RawClient other : others) {
        other.close();
      }
    }
  }

  @Test
  @Rule(
      value = "What is kept only for another try costs no call its place",
      source = "conf limits.replay-memory")
  void cutsNobodyForBodiesThatAreKeptForAnotherTry() throws Exception {
    int calls = 24;
    CountDownLatch all = new CountDownLatch(calls);
    Provider.Script waits =
        (request, answer) -> {
          all.countDown();
          all.await();
          FailoverRig.well(request, answer);
        };
    String body = "{\"model\":\"m\",\"x\":\"" + "x".repeat((1 << 20) - 100) + "\"}";
    List<RawClient> clients = new ArrayList<>();
    try (FailoverRig rig = new FailoverRig(waits, waits, "limits.memory", "16MiB")) {
      for (int i = 0; i < calls; i++) {
        clients.add(rig.relay.client().post(FailoverRig.PATH, body));
      }
      for (RawClient client : clients) {
        assertEquals(FailoverRig.ANSWER, client.answer().text());
        client.close();
      }
      rig.relay.awaitMetric("tailtap_memory_held_bytes 0.0");
    } finally {
      for (int i = 0; i < calls; i++) {
        all.countDown();
      }
    }
  }
}
