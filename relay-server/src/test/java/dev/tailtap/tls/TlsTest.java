package dev.tailtap.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contexts and their files, looked at by hand instead of once a second. */
class TlsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir private static Path made;
  private static Certificate first;
  private static Certificate second;

  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private Path pem;
  private Path key;
  private int writes;

  @BeforeAll
  static void makeCertificates() throws Exception {
    first = Certificate.of(made, "first", "dns:first.example");
    second = Certificate.of(made, "second", "dns:second.example");
  }

  @BeforeEach
  void useTheFirst() throws Exception {
    pem = dir.resolve("relay.pem");
    key = dir.resolve("relay.key");
    put(first.pem(), pem);
    put(first.key(), key);
  }

  @Test
  @Rule(
      value = "A client names the host that it wants before it is shown a certificate",
      source = "RFC 6066 section 3")
  void theFirstBytesNameTheHost() throws Exception {
    try (Tls tls = new Tls(stats)) {
      RelayConfig config = config("upstream.a.url=https://api.example.com");
      TlsEndpoint endpoint = tls.client(config.upstreams().get("a"));
      assertTrue(hello(endpoint, "api.example.com").contains("api.example.com"));
      assertFalse(hello(endpoint, "192.0.2.7").contains("192.0.2.7"), "RFC 6066 wants no address");
    }
  }

  @Test
  void oneThatNoUpstreamUsesAnyMoreIsForgottenAndServesWhoKnowsIt() throws Exception {
    String files = "upstream.a.tls.certificate=" + pem + "\nupstream.a.tls.key=" + key + "\n";
    RelayConfig before = config("upstream.a.url=https://api.example.com\n" + files);
    RelayConfig after = config("upstream.a.url=https://api.example.com");
    try (Tls tls = new Tls(stats)) {
      TlsEndpoint retired = tls.client(before.upstreams().get("a"));
      assertSame(retired, tls.client(before.upstreams().get("a")));
      assertEquals(1, expiries());
      TlsEndpoint next = tls.client(after.upstreams().get("a"));
      assertNotSame(retired, next);
      tls.retain(after.upstreams().values());
      assertEquals(0, expiries());
      assertSame(next, tls.client(after.upstreams().get("a")));
      assertTrue(hello(retired, "api.example.com").contains("api.example.com"));
      put(second.pem(), pem);
      put(second.key(), key);
      lookTwice(retired);
      assertTrue(hello(retired, "api.example.com").contains("api.example.com"));
    }
  }

  private long expiries() {
    return stats.scrape().stream()
        .filter(one -> one.getMetadata().getName().equals("tailtap_tls_certificate_expiry_seconds"))
        .mapToLong(one -> one.getDataPoints().size())
        .sum();
  }

  @Test
  void changedFilesAreReadOnceNobodyWritesThemAnyMore() throws Exception {
    TlsEndpoint endpoint = open();
    put(second.pem(), pem);
    endpoint.look();
    put(second.key(), key);
    endpoint.look();
    assertEquals(0, stats.value(Metric.TLS_RELOADS, "loaded"));
    endpoint.look();
    endpoint.look();
    assertEquals(1, stats.value(Metric.TLS_RELOADS, "loaded"));
    assertEquals(0, stats.value(Metric.TLS_RELOADS, "refused"));
    endpoint.close();
  }

  @Test
  @Rule(
      value = "A key that does not match its certificate never replaces one that does",
      source = "SECURITY.md")
  void aKeyOfAnotherCertificateIsRefusedOnceAndTheFormerStays() throws Exception {
    TlsEndpoint endpoint = open();
    put(second.key(), key);
    lookTwice(endpoint);
    lookTwice(endpoint);
    assertEquals(1, stats.value(Metric.TLS_RELOADS, "refused"));
    put(second.pem(), pem);
    lookTwice(endpoint);
    assertEquals(1, stats.value(Metric.TLS_RELOADS, "loaded"));
    endpoint.close();
  }

  @Test
  void aBrokenOrMissingFileIsRefusedAndTheFormerStays() throws Exception {
    TlsEndpoint endpoint = open();
    Files.writeString(pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    lookTwice(endpoint);
    Files.delete(pem);
    lookTwice(endpoint);
    assertEquals(2, stats.value(Metric.TLS_RELOADS, "refused"));
    assertEquals(0, stats.value(Metric.TLS_RELOADS, "loaded"));
    endpoint.close();
  }

  @Test
  void aLinkThatPointsElsewhereIsAChange() throws Exception {
    Path now =
        Files.createSymbolicLink(dir.resolve("now"), Files.createDirectory(dir.resolve("a")));
    pem = now.resolve("relay.pem");
    key = now.resolve("relay.key");
    put(first.pem(), pem);
    put(first.key(), key);
    TlsEndpoint endpoint = open();
    Path next = Files.createDirectory(dir.resolve("b"));
    put(second.pem(), next.resolve("relay.pem"));
    put(second.key(), next.resolve("relay.key"));
    Files.delete(now);
    Files.createSymbolicLink(now, next);
    lookTwice(endpoint);
    assertEquals(1, stats.value(Metric.TLS_RELOADS, "loaded"));
    endpoint.close();
  }

  @Test
  void whatIsSaidAboutAFileHasNothingOfIt() throws Exception {
    String secret = Files.readString(first.key()).replaceAll("-----.*-----|\\s", "");
    Files.writeString(
        key, "-----BEGIN PRIVATE KEY-----\n" + secret.substring(9) + "\n-----END PRIVATE KEY-----");
    IllegalStateException refused = assertThrows(IllegalStateException.class, this::open);
    for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
      assertFalse(cause.toString().contains(secret.substring(12, 30)), "the key was shown");
    }
    String shown = TlsIdentity.read(first.pem(), first.key()).toString();
    assertEquals("TlsIdentity[CN=first]", shown);
  }

  private TlsEndpoint open() {
    TlsEndpoint.Recipe recipe =
        () -> {
          TlsIdentity identity = TlsIdentity.read(pem, key);
          return new TlsEndpoint.Made(
              SslContextBuilder.forServer(identity.key(), identity.chain()).build(),
              PemFile.certificates(pem).get(0));
        };
    return TlsEndpoint.open("relay", List.of(pem, key), recipe, stats);
  }

  private static void lookTwice(TlsEndpoint endpoint) {
    endpoint.look();
    endpoint.look();
  }

  /** With a time of its own, however fast the test goes. */
  private void put(Path from, Path to) throws Exception {
    Files.write(to, Files.readAllBytes(from));
    Files.setLastModifiedTime(to, FileTime.fromMillis(1_000_000L + ++writes));
  }

  private static String hello(TlsEndpoint endpoint, String host) {
    EmbeddedChannel channel = new EmbeddedChannel();
    InetSocketAddress address = InetSocketAddress.createUnresolved(host, 443);
    channel.pipeline().addLast(endpoint.connect(channel.alloc(), address, PATIENCE));
    StringBuilder hello = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      hello.append(part.toString(ISO_8859_1));
      part.release();
    }
    channel.finishAndReleaseAll();
    return hello.toString();
  }

  private RelayConfig config(String... lines) throws Exception {
    Path file = Files.write(dir.resolve("relay.properties"), List.of(lines));
    Map<String, String> route = Map.of("route.a.path", "/", "route.a.upstream", "a");
    return ConfigFile.load(file, route, Map.of(), List.of());
  }
}
