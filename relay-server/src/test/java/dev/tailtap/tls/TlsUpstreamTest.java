package dev.tailtap.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the relay shows, demands and makes of an upstream behind TLS. */
class TlsUpstreamTest {
  private static final String HEAD_UNTIL_CLOSE =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";

  @TempDir private static Path dir;
  private static Certificate localhost;
  private static Certificate relayItself;

  @BeforeAll
  static void makeCertificates() throws Exception {
    localhost = Certificate.of(dir, "localhost", "dns:localhost");
    relayItself = Certificate.of(dir, "relay", "dns:relay.example");
  }

  @Test
  void showsItsOwnCertificateToAnUpstreamThatAsks() throws Exception {
    try (Provider provider =
            new Provider(TlsUpstreamTest::answer, localhost.identityFor(relayItself), true);
        RelayRig rig =
            relay(
                provider,
                "upstream.test.tls.certificate",
                relayItself.pem().toString(),
                "upstream.test.tls.key",
                relayItself.key().toString());
        RawClient client = rig.client()) {
      assertEquals("fine", client.get("/x").answer().text());
      assertEquals(
          "CN=relay",
          provider.take().tls().getPeerPrincipal().getName(),
          "who the relay says it is");
    }
  }

  @Test
  void anUpstreamThatWantsACertificateAndGetsNoneIsNoAnswer() throws Exception {
    SSLContext demanding = localhost.identityFor(relayItself);
    try (Provider provider = new Provider(TlsUpstreamTest::answer, demanding, true);
        RelayRig rig = relay(provider);
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/x").answer();
      assertEquals(502, answer.status());
      assertFalse(provider.hasRequest());
      rig.row();
    }
  }

  @Test
  void theSecondConnectionContinuesTheSessionOfTheFirst() throws Exception {
    SSLContext tls = localhost.identity();
    tls.getServerSessionContext().setSessionTimeout(600);
    try (Provider provider = new Provider(TlsUpstreamTest::answerAndClose, tls, false);
        RelayRig rig = relay(provider, "relay.loops", "1")) {
      List<Long> begun = new ArrayList<>();
      List<Integer> connections = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        try (RawClient client = rig.client()) {
          assertEquals("fine", client.get("/x").answer().text());
        }
        Provider.Request request = provider.take();
        begun.add(request.tls().getCreationTime());
        connections.add(request.connection());
      }
      assertNotEquals(connections.get(0), connections.get(1));
      assertEquals(begun.get(0), begun.get(1), "a new session was made");
    }
  }

  @Test
  @Rule(
      value = "A body that only the close delimits is whole if close_notify came",
      source = "RFC 9112 section 9.8")
  void aCloseNotifyEndsABodyThatOnlyTheCloseDelimits() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> answer.send(HEAD_UNTIL_CLOSE + "all of it").close(),
                localhost.identity(),
                false);
        RelayRig rig = relay(provider);
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/x").answer();
      assertEquals("all of it", answer.text());
      assertTrue(answer.whole());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A body that only the close delimits is cut where TLS ends without close_notify",
      source = "RFC 9112 section 9.8")
  void aCloseWithoutNotifyIsACutAndNoEnd() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> answer.send(HEAD_UNTIL_CLOSE + "half of").hangUp(),
                localhost.identity(),
                false);
        RelayRig rig = relay(provider);
        RawClient client = rig.client()) {
      assertFalse(client.get("/x").answer().whole());
      Map<String, Object> row = rig.row();
      assertEquals("upstream_reset", row.get("outcome"));
      assertEquals("upstream_cut", row.get("error"));
    }
  }

  @Test
  @Rule(
      value = "A connection on which close_notify came is not used for another request",
      source = "RFC 8446 section 6.1")
  void aKeptConnectionOnWhichCloseNotifyCameIsNotUsedAgain() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.whole(200, "text/plain", "fine");
                  answer.close();
                },
                localhost.identity(),
                false);
        RelayRig rig = relay(provider);
        RawClient client = rig.client()) {
      for (int i = 0; i < 2; i++) {
        assertEquals("fine", client.get("/x").answer().text());
        rig.awaitMetric("tailtap_upstream_idle_connections 0.0");
      }
      assertEquals(2, provider.connections());
    }
  }

  @Test
  @Rule(
      value =
          "A server whose certificate has expired is sent nothing, though it is trusted itself.",
      source = "RFC 5280 section 4.1.2.5")
  void anExpiredCertificateIsRefusedThoughItIsTheTrustedOne() throws Exception {
    String old = "-keyalg EC -groupname secp256r1 -startdate -10d -validity 2";
    Certificate expired = Certificate.of(dir.resolve("old"), "expired", "dns:localhost", old);
    try (Provider provider = new Provider(TlsUpstreamTest::answer, expired.identity(), false);
        RelayRig rig =
            new RelayRig(provider.url(), "upstream.test.tls.trust", expired.pem().toString());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/x").answer();
      assertEquals(502, answer.status());
      assertTrue(answer.text().contains("upstream_certificate_refused"), answer.text());
      assertFalse(provider.hasRequest());
      rig.row();
    }
  }

  @Test
  void aChangedTrustFileHoldsForTheNextConnection() throws Exception {
    Path trust = Files.copy(relayItself.pem(), dir.resolve("trust.pem"));
    try (Provider provider = new Provider(TlsUpstreamTest::answer, localhost.identity(), false);
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.tls.trust", trust.toString());
        RawClient client = rig.client()) {
      assertEquals(502, client.get("/x").answer().status());
      Files.copy(localhost.pem(), trust, StandardCopyOption.REPLACE_EXISTING);
      rig.awaitMetric("tailtap_tls_reloads_total{result=\"loaded\"} 1.0");
      assertEquals(200, client.get("/x").answer().status());
      assertArrayEquals(new int[] {502, 200}, statuses(rig));
    }
  }

  private static int[] statuses(RelayRig rig) throws Exception {
    return rig.rows(2).stream()
        .mapToInt(row -> row.get("http_status") == null ? 502 : (Integer) row.get("http_status"))
        .toArray();
  }

  private static RelayRig relay(Provider provider, String... settings) throws Exception {
    List<String> all = new ArrayList<>(Arrays.asList(settings));
    all.add("upstream.test.tls.trust");
    all.add(localhost.pem().toString());
    return new RelayRig(provider.url(), all.toArray(String[]::new));
  }

  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    answer.whole(200, "text/plain", "fine");
  }

  private static void answerAndClose(Provider.Request request, Provider.Answer answer)
      throws IOException {
    answer.send(HEAD_UNTIL_CLOSE + "fine").close();
  }
}
