package dev.tailtap.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay's own port behind TLS. */
class TlsServerTest {
  private static final String HEAD_UNTIL_CLOSE =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";

  @TempDir private static Path made;
  private static Certificate first;
  private static Certificate second;

  @TempDir private Path dir;
  private Path pem;
  private Path key;
  private Provider provider;

  @BeforeAll
  static void makeCertificates() throws Exception {
    first = Certificate.of(made, "first", "dns:localhost");
    second =
        Certificate.of(made, "second", "dns:localhost", "-keyalg RSA -keysize 2048 -validity 2");
  }

  @BeforeEach
  void open() throws Exception {
    pem = dir.resolve("relay.pem");
    key = dir.resolve("relay.key");
    use(first);
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "fine"));
  }

  @AfterEach
  void close() throws Exception {
    provider.close();
  }

  @Test
  @Rule(
      value = "A changed certificate is shown without a restart, and connections under way go on",
      source = "SECURITY.md")
  void aChangedCertificateIsShownToTheNextConnection() throws Exception {
    try (RelayRig rig = relay();
        RawClient before = new RawClient(rig.relay().port(), first.trust())) {
      assertEquals("fine", before.get("/x").answer().text());
      use(second);
      rig.awaitMetric("tailtap_tls_reloads_total{result=\"loaded\"} 1.0");
      try (RawClient after = new RawClient(rig.relay().port(), second.trust())) {
        assertEquals("fine", after.get("/x").answer().text());
        assertEquals("CN=second", shown(after).getName());
      }
      assertEquals("fine", before.get("/x").answer().text());
      assertEquals("CN=first", shown(before).getName());
    }
  }

  @Test
  void filesThatCannotBeUsedLeaveTheFormerCertificateInPlace() throws Exception {
    try (RelayRig rig = relay()) {
      Files.copy(second.key(), key, StandardCopyOption.REPLACE_EXISTING);
      rig.awaitMetric("tailtap_tls_reloads_total{result=\"refused\"} 1.0");
      try (RawClient client = new RawClient(rig.relay().port(), first.trust())) {
        assertEquals("fine", client.get("/x").answer().text());
      }
    }
  }

  @Test
  @Rule(value = "TLS 1.0 and 1.1 are not spoken", source = "RFC 8996 section 4")
  void onlyTls12And13AreSpoken() throws Exception {
    try (RelayRig rig = relay()) {
      for (String version : List.of("TLSv1.2", "TLSv1.3")) {
        try (RawClient client = new RawClient(rig.relay().port(), first.trust())) {
          ((SSLSocket) client.socket()).setEnabledProtocols(new String[] {version});
          assertEquals("fine", client.get("/x").answer().text());
          assertEquals(version, ((SSLSocket) client.socket()).getSession().getProtocol());
        }
      }
      try (RawClient old = rig.client()) {
        old.send(helloOfTls11());
        String alert = old.read(7);
        assertEquals(21, alert.charAt(0), "no alert came");
        assertEquals(70, alert.charAt(6), "another alert than protocol_version came");
        assertTrue(old.awaitClose());
      }
      rig.awaitMetric("tailtap_tls_handshakes_failed_total{reason=\"refused\"} 1.0");
    }
  }

  @Test
  @Rule(
      value =
          "A connection that does not come to TLS in limits.tls-handshake is closed and counted",
      source = "SECURITY.md")
  void aHandshakeThatStallsIsClosedAndCounted() throws Exception {
    try (RelayRig rig = relay("limits.tls-handshake", "300ms");
        RawClient silent = rig.client();
        RawClient half = rig.client()) {
      silent.socket().setSoTimeout(5_000); // the knob's default is longer
      half.socket().setSoTimeout(5_000);
      half.send(new byte[] {22, 3, 1, 2, 0, 1});
      assertTrue(silent.awaitClose());
      assertTrue(half.awaitClose());
      rig.awaitMetric("tailtap_tls_handshakes_failed_total{reason=\"timeout\"} 2.0");
    }
  }

  @Test
  void plainHttpOnTheTlsPortIsToldSo() throws Exception {
    try (RelayRig rig = relay()) {
      try (RawClient plain = rig.client()) {
        RawClient.Answer answer = plain.get("/x").answer();
        assertEquals(400, answer.status());
        assertTrue(answer.text().contains("https://"), answer.text());
        assertEquals("close", answer.fields().get("connection"));
        assertTrue(plain.awaitClose());
      }
      try (RawClient slow = rig.client()) {
        for (String part : new String[] {"PO", "ST", " /x HTTP/1.1\r\n"}) {
          slow.send(part);
        }
        assertEquals(400, slow.head().status());
      }
      rig.awaitMetric("tailtap_tls_handshakes_failed_total{reason=\"plain_http\"} 2.0");
      assertFalse(rig.counted("handshakes_failed_total{reason=\"left\"}"));
      assertFalse(provider.hasRequest());
    }
  }

  @Test
  void whatIsNeitherTlsNorHttpIsClosedUnanswered() throws Exception {
    try (RelayRig rig = relay()) {
      for (String junk :
          new String[] {"hello relay, are you there?", "GETTINGNOWHERETODAY x", "\0"}) {
        try (RawClient plain = rig.client()) {
          plain.send(junk + "\r\n\r\n");
          assertThrows(IOException.class, plain::head);
        }
      }
      rig.awaitMetric("tailtap_tls_handshakes_failed_total{reason=\"refused\"} 3.0");
    }
  }

  @Test
  @Rule(
      value = "An answer that is cut ends without close_notify, which would say that it is whole",
      source = "RFC 8446 section 6.1")
  void anAnswerThatIsCutEndsWithoutCloseNotify() throws Exception {
    provider.answerWith((request, answer) -> answer.send(HEAD_UNTIL_CLOSE + "half of").reset());
    try (RelayRig rig = relay();
        RawClient client = new RawClient(rig.relay().port(), first.trust())) {
      assertFalse(client.get("/x").answer().whole());
      assertEquals("upstream_reset", rig.row().get("error"));
    }
  }

  @Test
  void anAnswerThatOnlyTheCloseDelimitsEndsWithCloseNotify() throws Exception {
    provider.answerWith((request, answer) -> answer.send(HEAD_UNTIL_CLOSE + "all").close());
    try (RelayRig rig = relay();
        RawClient client = new RawClient(rig.relay().port(), first.trust())) {
      RawClient.Answer answer = client.get("/x").answer();
      assertTrue(answer.whole());
      assertEquals("all", answer.text());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A refusal reaches a client that is still sending its body",
      source = "RFC 9112 section 9.6")
  void aRefusalReachesAClientThatIsStillSending() throws Exception {
    try (RelayRig rig = relay("limits.request-body", "1KiB");
        RawClient client = new RawClient(rig.relay().port(), first.trust())) {
      client.send("POST /x HTTP/1.1\r\nHost: relay\r\nContent-Length: 4000000\r\n\r\n");
      byte[] part = new byte[100_000];
      for (int i = 0; i < 10; i++) {
        client.send(part);
      }
      assertEquals(413, client.answer().status());
    }
  }

  @Test
  @Rule(
      value = "A client that says close_notify has left, also while its TCP connection stands",
      source = "RFC 8446 section 6.1")
  void aClientThatSaysCloseNotifyHasLeft() throws Exception {
    provider.answerWith(
        (request, answer) -> {
          answer.chunkedHead("text/event-stream").chunk("data: {}\n\n");
          answer.awaitClose();
        });
    try (RelayRig rig = relay();
        RawClient tcp = rig.client()) {
      try (Socket secure =
          first
              .trust()
              .getSocketFactory()
              .createSocket(tcp.socket(), "localhost", rig.relay().port(), false)) {
        secure.getOutputStream().write("GET /x HTTP/1.1\r\nHost: relay\r\n\r\n".getBytes(UTF_8));
        assertEquals('H', secure.getInputStream().read());
      }
      assertFalse(tcp.socket().isClosed());
      assertEquals("client_gone", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "TLS 1.2 is spoken with forward secrecy and authenticated encryption only",
      source = "RFC 9325 section 4.2")
  void oldCipherSuitesAreRefused() throws Exception {
    use(second);
    try (RelayRig rig = relay();
        RawClient client = new RawClient(rig.relay().port(), second.trust())) {
      SSLSocket socket = (SSLSocket) client.socket();
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      socket.setEnabledCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"});
      assertThrows(SSLException.class, socket::startHandshake);
    }
  }

  @Test
  void withoutBoringSslTheJdksTlsDoesTheSame() throws Exception {
    use(second);
    List<String> settings = new ArrayList<>(List.of("serve", write("relay.listen=127.0.0.1:0")));
    for (String setting : settings("store.url=" + TestPostgres.freshDatabase())) {
      settings.addAll(List.of("--set", setting));
    }
    provider.close();
    provider =
        new Provider(
            (request, answer) -> answer.send(HEAD_UNTIL_CLOSE + "fine").close(),
            first.identity(),
            false);
    settings.addAll(List.of("--set", "upstream.test.url=" + provider.url()));
    settings.addAll(List.of("--set", "upstream.test.tls.trust=" + first.pem()));
    for (String library : List.of("jdk", "boringssl")) {
      List<String> flags =
          library.equals("jdk") ? List.of("-Dio.netty.handler.ssl.noOpenSsl=true") : List.of();
      try (RelayProcess relay = new RelayProcess(flags, dir, settings.toArray(String[]::new))) {
        try (RawClient client = new RawClient(relay.port(), second.trust())) {
          assertEquals("fine", client.get("/x").answer().text());
        }
        assertTrue(relay.err().contains(" tls=" + library + " "), relay.err());
        relay.signal("TERM");
        assertEquals(0, relay.exit());
      }
    }
  }

  private String write(String text) throws IOException {
    return Files.writeString(dir.resolve("relay.properties"), text).toString();
  }

  private List<String> settings(String store) {
    return List.of(
        "admin.listen=127.0.0.1:0",
        "route.test.path=/",
        "route.test.upstream=test",
        "journal.dir=" + dir.resolve("journal"),
        "relay.tls.certificate=" + pem,
        "relay.tls.key=" + key,
        store);
  }

  private RelayRig relay(String... settings) throws Exception {
    List<String> all = new ArrayList<>(Arrays.asList(settings));
    all.addAll(List.of("relay.tls.certificate", pem.toString(), "relay.tls.key", key.toString()));
    return new RelayRig(provider.url(), all.toArray(String[]::new));
  }

  private void use(Certificate certificate) throws IOException {
    Files.copy(certificate.pem(), pem, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(certificate.key(), key, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Principal shown(RawClient client) throws SSLException {
    return ((SSLSocket) client.socket()).getSession().getPeerPrincipal();
  }

  /** A ClientHello with 1.1 as its highest version and one suite of its time. */
  private static byte[] helloOfTls11() {
    byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 2 + 2 + 2];
    byte[] begin = {22, 3, 1, 0, (byte) (hello.length - 5), 1, 0, 0, (byte) (hello.length - 9)};
    System.arraycopy(begin, 0, hello, 0, begin.length);
    byte[] version = {3, 2};
    System.arraycopy(version, 0, hello, 9, 2);
    byte[] suites = "\0\0\2\u00c0\u0009\1\0".getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(suites, 0, hello, 11 + 32, suites.length);
    return hello;
  }
}
