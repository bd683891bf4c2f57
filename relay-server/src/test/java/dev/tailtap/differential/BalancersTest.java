package dev.tailtap.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.DocumentedBlock;
import dev.tailtap.rig.OtherProxy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * The balancers' examples in docs/OPERATIONS.md, by the real programs: clients of two addresses
 * through one balancer, and two relays behind it.
 */
class BalancersTest {
  private static final String ONE = "127.0.0.2";
  private static final String OTHER = "127.0.0.3";

  /** An example of the page, with addresses of this machine in it. */
  private static String example(String language, int index, RelayRig relay, String second)
      throws Exception {
    return DocumentedBlock.all("OPERATIONS.md", language)
        .get(index)
        .replaceFirst("bind :\\d+", "bind 127.0.0.1:PORT")
        .replaceFirst("listen \\d+;", "listen 127.0.0.1:PORT;")
        .replace("10.0.0.5:8080", at(relay, language))
        .replace("10.0.0.6:8080", second);
  }

  private static String at(RelayRig relay, String language) {
    String check = language.equals("haproxy") ? " port " + relay.relay().adminPort() : "";
    return "127.0.0.1:" + relay.relay().port() + check;
  }

  private static Provider provider(CountDownLatch done) throws Exception {
    return new Provider(
        (request, answer) -> {
          if (request.line().contains(" /v1/held")) {
            done.await();
          }
          answer.whole(200, "text/plain", "ok");
        });
  }

  private static RelayRig relay(Provider provider, String proxyProtocol) throws Exception {
    return new RelayRig(
        provider.url(),
        "relay.trust",
        "127.0.0.1",
        "relay.proxy-protocol",
        proxyProtocol,
        "relay.drain-timeout",
        "1m",
        "limits.streams-per-address",
        "1");
  }

  private static RawClient ask(RawClient client, String path, String forwarded) throws Exception {
    return client.send(
        "GET " + path + " HTTP/1.1\r\nHost: relay\r\nX-Forwarded-For: " + forwarded + "\r\n\r\n");
  }

  /** Of two clients each has its own share, whatever it says of itself. */
  private static void tellsClientsApart(
      String program, String language, int index, String proxyProtocol) throws Exception {
    assumeTrue(OtherProxy.installed(program), "skipped: " + program + " missing");
    CountDownLatch done = new CountDownLatch(1);
    try (Provider provider = provider(done);
        RelayRig relay = relay(provider, proxyProtocol);
        ClosedPort nobody = new ClosedPort();
        OtherProxy balancer =
            new OtherProxy(
                program,
                whole(language, example(language, index, relay, "127.0.0.1:" + nobody.port())));
        RawClient one = new RawClient(ONE, balancer.port());
        RawClient same = new RawClient(ONE, balancer.port());
        RawClient other = new RawClient(OTHER, balancer.port())) {
      assertEquals(200, ask(one, "/v1/a", OTHER).answer().status());
      assertEquals(200, ask(other, "/v1/a", ONE).answer().status());
      provider.take();
      provider.take();
      ask(one, "/v1/held", "192.0.2.1");
      provider.take();
      for (int i = 0; i < 10; i++) {
        assertEquals(429, ask(same, "/v1/b", "192.0.2." + i).answer().status());
        assertEquals(200, ask(other, "/v1/b", ONE).answer().status());
      }
      done.countDown();
      assertEquals("ok", one.answer().text());
    }
  }

  private static String whole(String language, String example) {
    return switch (language) {
      case "nginx" -> OtherProxy.http(example);
      case "nginx-stream" -> OtherProxy.stream(example);
      default -> example;
    };
  }

  @Test
  @Rule(value = "HAProxy in HTTP says whose each request is", source = "docs/OPERATIONS.md")
  void haproxySaysWhoseEachRequestIs() throws Exception {
    tellsClientsApart("haproxy", "haproxy", 0, "off");
  }

  @Test
  @Rule(value = "HAProxy in TCP says whose each connection is", source = "docs/OPERATIONS.md")
  void haproxySaysWhoseEachConnectionIs() throws Exception {
    tellsClientsApart("haproxy", "haproxy", 1, "on");
  }

  @Test
  @Rule(value = "nginx in HTTP says whose each request is", source = "docs/OPERATIONS.md")
  void nginxSaysWhoseEachRequestIs() throws Exception {
    tellsClientsApart("nginx", "nginx", 0, "off");
  }

  @Test
  @Rule(value = "nginx in a stream says whose each connection is", source = "docs/OPERATIONS.md")
  void nginxSaysWhoseEachConnectionIs() throws Exception {
    assumeTrue(OtherProxy.hasStreamModule(), "skipped: nginx stream module missing");
    tellsClientsApart("nginx", "nginx-stream", 0, "on");
  }

  @Test
  @Rule(
      value = "Behind HAProxy a relay that was told to stop gets no request more, and ends its own",
      source = "docs/OPERATIONS.md")
  void noRequestFailsWhileARelayDrains() throws Exception {
    assumeTrue(OtherProxy.installed("haproxy"), "skipped: haproxy missing");
    for (int index = 0; index < 2; index++) {
      drain(index, index == 0 ? "off" : "on");
    }
  }

  private static void drain(int index, String proxyProtocol) throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (Provider provider = provider(done);
        RelayRig first = relay(provider, proxyProtocol);
        RelayRig second = relay(provider, proxyProtocol);
        OtherProxy balancer =
            new OtherProxy("haproxy", example("haproxy", index, first, at(second, "haproxy")));
        RawClient running = new RawClient(ONE, balancer.port())) {
      ask(running, "/v1/held", ONE);
      provider.take();
      RelayRig busy = first.admin("/concurrency").contains("\"active\":1") ? first : second;
      Thread stop = new Thread(() -> busy.relay().close());
      stop.start();
      long deadline = System.nanoTime() + Patience.NANOS;
      while (busy.adminAnswer("/readyz").statusCode() != 503 && System.nanoTime() < deadline) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
      assertEquals("not ready: draining", busy.admin("/readyz").strip());
      for (int i = 0; i < 50; i++) {
        try (RawClient client = new RawClient(OTHER, balancer.port())) {
          assertEquals(200, client.post("/v1/b", "{}").answer().status());
        }
      }
      done.countDown();
      assertEquals("ok", running.answer().text());
      stop.join();
    }
  }
}
