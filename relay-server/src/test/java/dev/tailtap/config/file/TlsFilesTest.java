package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.rig.Certificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The TLS files of a configuration: all mistakes at once, and what is only unwise. */
class TlsFilesTest {
  private static final String WORKING =
      """
      upstream.one.url=https://one.example
      route.all.path=/
      route.all.upstream=one
      """;
  private static final String KEY_WANTED =
      "must be a PEM file with one RSA or EC key that is not encrypted and begins with"
          + " BEGIN PRIVATE KEY (PKCS#8)";

  @TempDir private static Path dir;
  private static Certificate ec;
  private static Certificate rsa;
  private static Certificate old;

  @BeforeAll
  static void makeCertificates() throws Exception {
    ec = Certificate.of(dir, "ec", "dns:ec.example");
    rsa = Certificate.of(dir, "rsa", "dns:rsa.example", "-keyalg RSA -keysize 2048 -validity 2");
    old =
        Certificate.of(
            dir,
            "old",
            "dns:old.example",
            "-keyalg EC -groupname secp256r1 -startdate -9d -validity 2");
    for (Certificate made : List.of(ec, rsa, old)) {
      Files.setPosixFilePermissions(made.key(), PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void filesThatBelongTogetherAreGood() throws Exception {
    for (Certificate good : List.of(ec, rsa)) {
      RelayConfig config = load(server(good.pem(), good.key()) + trust(ec.pem()));
      assertEquals(List.of(), ConfigFile.warnings(config, Instant.now()));
    }
  }

  @Test
  void allMistakesAreToldAtOnce() throws Exception {
    Path text = Files.writeString(dir.resolve("text"), "no PEM\n");
    Path pkcs1 =
        Files.writeString(
            dir.resolve("pkcs1"), Files.readString(rsa.key()).replace("PRIVATE", "RSA PRIVATE"));
    assertErrors(
        server(text, pkcs1)
            + trust(dir.resolve("missing"))
            + "upstream.one.tls.certificate="
            + ec.pem()
            + "\nupstream.one.tls.key="
            + rsa.key(),
        "relay.tls.certificate=" + text + ": must be a PEM file with certificates",
        "relay.tls.key=" + pkcs1 + ": " + KEY_WANTED,
        "upstream.one.tls.key="
            + rsa.key()
            + ": must hold the key of the certificate in "
            + ec.pem(),
        "upstream.one.tls.trust=" + dir.resolve("missing") + ": must be a file that can be read");
  }

  @Test
  void aKeyOfAnotherCertificateOfTheSameKindIsSeen() {
    assertErrors(
        server(ec.pem(), old.key()),
        "relay.tls.key=" + old.key() + ": must hold the key of the certificate in " + ec.pem());
  }

  @Test
  void aCertificateInPlaceOfAKeyAndAFolderAreSeen() {
    assertErrors(
        server(dir, ec.pem()),
        "relay.tls.certificate=" + dir + ": must be a file that can be read",
        "relay.tls.key=" + ec.pem() + ": " + KEY_WANTED);
  }

  @Test
  void anUpstreamsCertificateWantsItsKeyToo() {
    assertErrors(
        "upstream.one.tls.key=" + ec.key(),
        "upstream.one.tls.certificate: must be set too;"
            + " upstream.one.tls.certificate and upstream.one.tls.key go together");
  }

  @Test
  void tlsFilesOfAPlainUpstreamAreAMistake() {
    ConfigException refused =
        assertThrows(
            ConfigException.class, () -> load(trust(ec.pem()).replace("https:", "http:"), "http"));
    assertEquals(
        List.of(
            "upstream.one.tls.trust=" + ec.pem() + ": is of no use, as the URL is not https://"),
        refused.errors());
  }

  @Test
  void whatIsUnwiseIsAWarning() throws Exception {
    Files.setPosixFilePermissions(old.key(), PosixFilePermissions.fromString("rw-r--r--"));
    List<String> warnings = ConfigFile.warnings(load(server(old.pem(), old.key())), Instant.now());
    assertEquals(2, warnings.size(), warnings::toString);
    assertTrue(
        warnings.get(0).startsWith("relay.tls.certificate=" + old.pem() + ": expired at 20"));
    assertEquals(
        "relay.tls.key=" + old.key() + ": can be read by every user of this machine",
        warnings.get(1));
    List<String> early =
        ConfigFile.warnings(
            load(server(ec.pem(), ec.key())), Instant.now().minus(Duration.ofDays(1)));
    assertTrue(early.get(0).contains(": is not valid before 20"), early::toString);
  }

  private static String server(Path certificate, Path key) {
    return "relay.tls.certificate=" + certificate + "\nrelay.tls.key=" + key + "\n";
  }

  private static String trust(Path file) {
    return "upstream.one.tls.trust=" + file + "\n";
  }

  private static RelayConfig load(String text) throws Exception {
    return load(text, "https");
  }

  private static RelayConfig load(String text, String scheme) throws Exception {
    String all = WORKING.replace("https", scheme) + text;
    Path file = Files.writeString(dir.resolve("relay.properties"), all);
    return ConfigFile.load(file, Map.of(), Map.of(), List.of());
  }

  private static void assertErrors(String text, String... expected) {
    ConfigException refused = assertThrows(ConfigException.class, () -> load(text));
    assertEquals(List.of(expected), refused.errors());
  }
}
