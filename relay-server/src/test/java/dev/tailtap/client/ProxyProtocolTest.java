package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections of a balancer that passes bytes on, on real sockets. */
class ProxyProtocolTest {
  private static final String ON = "relay.proxy-protocol";
  private static final String TRUST = "relay.trust";
  private static final String GET = "GET /v1/x HTTP/1.1\r\nHost: relay\r\n";
  private static final byte[] LOCAL = ProxyHeaders.binary(0x20, 0, new byte[0]);

  private static RelayRig rig(Provider provider, String... settings) throws Exception {
    String[] all =
        Arrays.copyOf(new String[] {TRUST, "127.0.0.0/8", ON, "on"}, 4 + settings.length);
    System.arraycopy(settings, 0, all, 4, settings.length);
    return new RelayRig(provider.url(), all);
  }

  private static Provider quick() throws IOException {
    return new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
  }

  private static Provider held(CountDownLatch done) throws IOException {
    return new Provider(
        (request, answer) -> {
          done.await();
          answer.whole(200, "text/plain", "ok");
        });
  }

  private static byte[] from(String address) {
    boolean v6 = address.indexOf(':') >= 0;
    return ProxyHeaders.from(address, v6 ? "::1" : "198.51.100.2", new byte[7]);
  }

  @Test
  @Rule(
      value = "A connection through a balancer begins with a PROXY header, however it is cut",
      source = "proxy-protocol.txt section 2")
  void servesBehindAHeaderCutAtEveryByte() throws Exception {
    List<byte[]> headers =
        List.of(
            ProxyHeaders.text("TCP4 192.0.2.1 198.51.100.2 65535 0"),
            ProxyHeaders.text("UNKNOWN"),
            from("192.0.2.1"),
            from("2001:db8::1"),
            LOCAL);
    try (Provider provider = quick();
        RelayRig rig = rig(provider)) {
      byte[] request = (GET + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
      for (byte[] header : headers) {
        byte[] all = Arrays.copyOf(header, header.length + request.length);
        System.arraycopy(request, 0, all, header.length, request.length);
        for (int cut = 1; cut <= header.length + 1; cut++) {
          try (RawClient client = rig.client()) {
            client.send(Arrays.copyOf(all, cut));
            client.send(Arrays.copyOfRange(all, cut, all.length));
            assertEquals("ok", client.answer().text());
            assertEquals("ok", client.get("/v1/y").answer().text());
          }
        }
      }
      rig.awaitMetric("tailtap_client_connections 0.0");
      assertFalse(rig.counted("reason=\"proxy-"), "some were refused");
    }
  }

  @Test
  @Rule(
      value = "Exchanges through a balancer count for the address in its PROXY header",
      source = "docs/OPERATIONS.md")
  void countsExchangesByTheAddressInTheHeader() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (Provider provider = held(done);
        RelayRig rig = rig(provider, "limits.streams-per-address", "1");
        RawClient one = rig.client();
        RawClient same = rig.client();
        RawClient other = rig.client()) {
      one.send(from("192.0.2.1")).get("/v1/a");
      provider.take();
      same.send(ProxyHeaders.text("TCP4 192.0.2.1 198.51.100.2 1 2")).get("/v1/b");
      assertEquals(429, same.answer().status());
      other.send(from("192.0.2.2")).get("/v1/c");
      provider.take();
      done.countDown();
      assertEquals("ok", one.answer().text());
      assertEquals("ok", other.answer().text());
    }
  }

  @Test
  @Rule(
      value = "Connections through a balancer count for the address in its PROXY header",
      source = "docs/OPERATIONS.md")
  void countsConnectionsByTheAddressInTheHeader() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = rig(provider, "limits.connections-per-address", "1")) {
      try (RawClient one = rig.client();
          RawClient same = rig.client();
          RawClient other = rig.client();
          RawClient check = rig.client();
          RawClient another = rig.client()) {
        assertEquals("ok", one.send(from("2001:db8::1")).get("/v1/a").answer().text());
        assertTrue(same.send(from("2001:db8::2")).awaitClose());
        assertEquals("ok", other.send(from("2001:db8:1::1")).get("/v1/a").answer().text());
        assertEquals("ok", check.send(LOCAL).get("/v1/a").answer().text());
        assertEquals("ok", another.send(LOCAL).get("/v1/a").answer().text());
      }
      rig.awaitMetric(
          "tailtap_client_connections_refused_total{reason=\"connections-per-address\"} 1.0");
      rig.awaitMetric("tailtap_client_connections 0.0");
      try (RawClient again = rig.client()) {
        assertEquals("ok", again.send(from("2001:db8::2")).get("/v1/a").answer().text());
      }
    }
  }

  @Test
  @Rule(
      value = "With the PROXY protocol on, nobody connects past the balancers",
      source = "proxy-protocol.txt section 2")
  void refusesConnectionsFromElsewhere() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = new RelayRig(provider.url(), TRUST, "192.0.2.0/24", ON, "on");
        RawClient plain = rig.client();
        RawClient pretending = rig.client()) {
      assertTrue(plain.awaitClose());
      assertTrue(pretending.awaitClose());
      rig.awaitMetric("tailtap_client_connections_refused_total{reason=\"proxy-untrusted\"} 2.0");
      rig.awaitMetric("tailtap_client_connections 0.0");
    }
  }

  @Test
  @Rule(
      value = "What is no PROXY header closes its connection at once, and is counted",
      source = "proxy-protocol.txt section 2")
  void closesWhatBeginsOtherwise() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = rig(provider, "limits.connections-per-address", "1")) {
      int closed = 0;
      for (byte[] hostile : ProxyHeaderTest.malformed().values()) {
        try (RawClient client = rig.client()) {
          client.send(hostile);
          assertTrue(client.awaitClose());
        }
        closed++;
      }
      try (RawClient client = rig.client()) { // which leaves within it
        client.send(Arrays.copyOf(LOCAL, 9)).leave();
      }
      try (RawClient client = rig.client()) {
        client.send(Arrays.copyOf(LOCAL, 9)).reset();
      }
      rig.awaitMetric(
          "tailtap_client_connections_refused_total{reason=\"proxy-header\"} "
              + (closed + 2)
              + ".0");
      rig.awaitMetric("tailtap_client_connections 0.0");
    }
  }

  @Test
  @Rule(value = "Who connects and leaves without a byte is a probe", source = "docs/OPERATIONS.md")
  void letsProbesComeAndGo() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = rig(provider)) {
      for (int i = 0; i < 10; i++) {
        try (RawClient probe = rig.client()) {
          if (i % 2 == 0) {
            probe.reset();
          }
        }
      }
      try (RawClient client = rig.client()) {
        assertEquals("ok", client.send(LOCAL).get("/v1/a").answer().text());
      }
      rig.awaitMetric("tailtap_client_connections 0.0");
      assertFalse(rig.counted("reason=\"proxy-"), "some were counted");
    }
  }

  @Test
  @Rule(
      value = "A PROXY header comes within limits.head-timeout, or its connection is closed",
      source = "proxy-protocol.txt section 2")
  void closesWhoseHeaderDoesNotCome() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = rig(provider, "limits.head-timeout", "200ms");
        RawClient silent = rig.client();
        RawClient slow = rig.client();
        RawClient behind = rig.client()) {
      slow.send(Arrays.copyOf(LOCAL, 15));
      behind.send(ProxyHeaders.binary(0x20, 0, 4096, new byte[4095])); // its last byte is missing
      assertTrue(silent.awaitClose());
      assertTrue(slow.awaitClose());
      assertTrue(behind.awaitClose());
      rig.awaitMetric("tailtap_client_connections_refused_total{reason=\"proxy-timeout\"} 3.0");
    }
  }

  @Test
  @Rule(
      value = "A header alone begins no request, so that a balancer may connect ahead",
      source = "proxy-protocol.txt section 2")
  void waitsForARequestBehindTheHeaderAsLongAsForAny() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = rig(provider, "limits.head-timeout", "200ms");
        RawClient client = rig.client();
        RawClient clock = rig.client()) {
      client.send(from("192.0.2.1"));
      assertTrue(clock.awaitClose()); // whose header does not come
      rig.awaitMetric("tailtap_client_connections_refused_total{reason=\"proxy-timeout\"} 1.0");
      assertEquals("ok", client.get("/v1/a").answer().text());
    }
  }

  @Test
  @Rule(
      value = "Where no PROXY header names a client, X-Forwarded-For is the client's own word",
      source = "docs/OPERATIONS.md")
  void believesNoFieldOfAConnectionWithoutAnAddress() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (Provider provider = held(done);
        RelayRig rig = rig(provider, "limits.streams-per-address", "1");
        RawClient one = rig.client();
        RawClient same = rig.client();
        RawClient inside = rig.client()) {
      one.send(LOCAL).send(GET + "X-Forwarded-For: 192.0.2.1\r\n\r\n");
      provider.take();
      same.send(ProxyHeaders.text("UNKNOWN")).send(GET + "X-Forwarded-For: 192.0.2.2\r\n\r\n");
      assertEquals(429, same.answer().status());
      inside.send(from("127.0.0.9")).send(GET + "X-Forwarded-For: 192.0.2.3\r\n\r\n");
      provider.take(); // from a balancer that speaks HTTP, behind one that passes bytes on
      done.countDown();
      assertEquals("ok", one.answer().text());
      assertEquals("ok", inside.answer().text());
    }
  }

  @Test
  @Rule(value = "The PROXY header comes before TLS", source = "proxy-protocol.txt section 2")
  void comesBeforeTls(@TempDir Path dir) throws Exception {
    Certificate own = Certificate.of(dir, "localhost", "dns:localhost,ip:127.0.0.1");
    try (Provider provider = quick();
        RelayRig rig =
            rig(
                provider,
                "relay.tls.certificate",
                own.pem().toString(),
                "relay.tls.key",
                own.key().toString(),
                "limits.tls-handshake",
                "1m");
        RawClient outer = rig.client()) {
      outer.send(from("192.0.2.1"));
      SSLSocket tls =
          (SSLSocket)
              own.trust()
                  .getSocketFactory()
                  .createSocket(outer.socket(), "localhost", rig.relay().port(), true);
      tls.getOutputStream()
          .write((GET + "Connection: close\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      String answer = new String(tls.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
      try (RawClient inside = rig.client()) { // a header within TLS is none
        inside.send(new byte[] {0x16, 3, 1, 0, 4}); // how a handshake begins
        assertTrue(inside.awaitClose());
      }
      rig.awaitMetric("tailtap_client_connections_refused_total{reason=\"proxy-header\"} 1.0");
    }
  }

  @Test
  @Rule(value = "A stop waits for no header", source = "docs/OPERATIONS.md")
  void aStopClosesWhoseHeaderHasNotCome() throws Exception {
    try (Provider provider = quick();
        RelayRig rig = rig(provider);
        RawClient waiting = rig.client()) {
      waiting.send(Arrays.copyOf(LOCAL, 9));
      rig.awaitMetric("tailtap_client_connections 1.0");
      rig.relay().close();
      assertTrue(waiting.awaitClose());
    }
  }
}
