package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.NameServer;
import dev.tailtap.rig.NameServer.Manner;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An upstream behind TLS whose name stands for several addresses, one port on each: the provider
 * itself, a stranger with a certificate of its own, one that hangs up in the handshake, one that
 * never shakes hands, and one where nobody is.
 */
class SeveralAddressesTest {
  private static final String PROVIDER = "127.0.0.1";
  private static final String STRANGER = "127.0.0.2";
  private static final String LEAVER = "127.0.0.3";
  private static final String MUTE = "127.0.0.4";
  private static final String NOBODY = "127.0.0.5";

  @TempDir private static Path dir;
  private static Certificate right;
  private static Certificate wrong;
  private static Path trust;
  private Provider provider;
  private Provider stranger;
  private ServerSocket leaver;
  private ServerSocket mute;

  @BeforeAll
  static void makeCertificates() throws Exception {
    right = Certificate.of(dir, "right", "dns:provider.test");
    wrong = Certificate.of(dir, "wrong", "dns:stranger.test");
    String both = Files.readString(right.pem()) + Files.readString(wrong.pem());
    trust = Files.writeString(dir.resolve("trust.pem"), both);
  }

  @BeforeEach
  void listen() throws Exception {
    Provider.Script script = (request, answer) -> answer.whole(200, "text/plain", "fine");
    provider = new Provider(at(PROVIDER, 0), script, right.identity(), false);
    int port = provider.port();
    stranger = new Provider(at(STRANGER, port), script, wrong.identity(), false);
    mute = at(MUTE, port); // the kernel connects those that wait to be accepted
    leaver = at(LEAVER, port);
    Thread thread = new Thread(this::leave, "leaver");
    thread.setDaemon(true);
    thread.start();
  }

  @AfterEach
  void close() throws Exception {
    provider.close();
    stranger.close();
    leaver.close();
    mute.close();
  }

  private static ServerSocket at(String address, int port) throws IOException {
    return new ServerSocket(port, 64, InetAddress.getByName(address));
  }

  private void leave() {
    try {
      while (true) {
        try (Socket socket = leaver.accept()) {
          socket.getInputStream().read(); // the handshake has begun
        }
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private RelayRig relay(NameServer names) throws Exception {
    return new RelayRig(
        "https://provider.test:" + provider.port(),
        "upstream.test.tls.trust",
        trust.toString(),
        "upstream.test.connect-timeout",
        "4s",
        "relay.name-servers",
        names.address());
  }

  @Test
  @Rule(
      value = "Where TLS with an address of a name fails, no byte has left, and the next is tried",
      source = "RFC 9110 section 9.2.2")
  void triesTheNextAddressWhereTheHandshakeFails() throws Exception {
    try (NameServer names = new NameServer(Manner.ANSWERING, LEAVER, STRANGER, NOBODY, PROVIDER);
        RelayRig rig = relay(names);
        RawClient client = rig.client()) {
      assertEquals("fine", client.post("/v1/x", "{}").answer().text());
      assertEquals("completed", rig.row().get("outcome"));
      rig.awaitMetric("tailtap_upstream_retries_total{reason=\"next_address\"} 3.0");
      rig.awaitMetric("tailtap_upstream_connects_total{upstream=\"test\"} 4.0");
      assertEquals(1, stranger.connections());
      assertFalse(stranger.hasRequest());
    }
  }

  @Test
  @Rule(
      value = "An address that never shakes hands leaves time for the next",
      source = "conf upstream.NAME.connect-timeout")
  void triesTheNextAddressWhereNoHandshakeComes() throws Exception {
    try (NameServer names = new NameServer(Manner.ANSWERING, MUTE, PROVIDER);
        RelayRig rig = relay(names);
        RawClient client = rig.client()) {
      assertEquals("fine", client.get("/v1/x").answer().text());
      rig.awaitMetric("tailtap_upstream_retries_total{reason=\"next_address\"} 1.0");
    }
  }

  @Test
  @Rule(
      value =
          "Where all addresses fail, the last one's failure is the answer, and there is one row",
      source = "RFC 9110 section 15.6.3")
  void answers502WhereTheHandshakeFailsAtAllAddresses() throws Exception {
    assertFails("upstream_tls_failed", STRANGER, LEAVER);
    assertFails("upstream_certificate_refused", LEAVER, STRANGER);
    assertFails("upstream_unreachable", STRANGER, NOBODY);
  }

  private void assertFails(String error, String... addresses) throws Exception {
    try (NameServer names = new NameServer(Manner.ANSWERING, addresses);
        RelayRig rig = relay(names);
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals(502, answer.status());
      Map<String, Object> row = rig.row();
      assertEquals("unreachable", row.get("outcome"));
      assertEquals(error, row.get("error"));
      rig.awaitMetric("tailtap_call_errors_total{error=\"" + error + "\"} 1.0");
      rig.awaitMetric("tailtap_calls_total{outcome=\"unreachable\"} 1.0");
      rig.awaitMetric("tailtap_upstream_retries_total{reason=\"next_address\"} 1.0");
      assertFalse(stranger.hasRequest());
    }
  }
}
