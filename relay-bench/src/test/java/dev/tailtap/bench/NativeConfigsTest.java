package dev.tailtap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.bench.Setup.Way;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All subjects speak TLS where the way says, by the same version and ciphers, or not at all. */
class NativeConfigsTest {
  private static final Certificate CERTIFICATE =
      new Certificate(Path.of("chain.pem"), Path.of("key.pem"), Path.of("both.pem"));
  private static final String CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";

  @ParameterizedTest
  @EnumSource(Way.class)
  void eachHasTlsOnTheSidesOfTheWayAndVerifiesTheProvider(Way way) {
    String nginx = NativeConfigs.nginx(Path.of("dir"), 1, 2, 100, way, CERTIFICATE);
    String haproxy = NativeConfigs.haproxy(1, 2, 1_000, way, CERTIFICATE);
    String tailtap = NativeConfigs.tailtapSetup(Setup.of(way), 2, CERTIFICATE);
    assertEquals(way.toClient(), nginx.contains("backlog=4096 ssl;"));
    assertEquals(way.toClient(), nginx.contains("\nssl_conf_command Ciphersuites " + CIPHERS));
    assertEquals(way.toClient(), haproxy.contains(" ssl crt both.pem"));
    assertEquals(way.toClient(), tailtap.contains("relay.tls.certificate=chain.pem"));
    assertEquals(way.toProvider(), nginx.contains("proxy_pass https://provider"));
    assertEquals(
        way.toProvider(), nginx.contains("proxy_ssl_conf_command Ciphersuites " + CIPHERS));
    assertEquals(way.toProvider(), nginx.contains("proxy_ssl_verify on"));
    assertEquals(way.toProvider(), haproxy.contains(" ssl verify required"));
    assertEquals(way.toProvider(), tailtap.contains("upstream.bench.url=https://127.0.0.1:2"));
    assertEquals(way.toProvider(), tailtap.contains("upstream.bench.tls.trust=chain.pem"));
    assertTrue(haproxy.contains("ssl-default-bind-ciphersuites " + CIPHERS));
    assertTrue(haproxy.contains("ssl-default-server-ciphersuites " + CIPHERS));
  }

  @Test
  void aRelayHasTheLoopsAndSettingsOfItsSetup() {
    Setup setup = new Setup(Way.PLAIN, 2, 2, List.of(), List.of("limits.headers=draft"));
    String lines = NativeConfigs.tailtapSetup(setup, 2, null);
    assertTrue(lines.contains("relay.loops=2\n") && lines.contains("url=http://127.0.0.1:2\n"));
    assertTrue(lines.contains("\nlimits.headers=draft\n"));
  }
}
