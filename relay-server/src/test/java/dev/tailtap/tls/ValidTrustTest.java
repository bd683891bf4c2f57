package dev.tailtap.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.rig.Rule;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates on the way to one that is trusted, at their time and out of it. */
class ValidTrustTest {
  private static final String NOW = "-startdate -1d -validity 2";
  private static final String PAST = "-startdate -10d -validity 2";
  private static final String FUTURE = "-startdate +1d -validity 2";
  private static final String AUTHORITY = " -ext bc=ca:true";

  /** Each is made once, for whoever asks for it: making one takes half a second. */
  @TempDir private static Path dir;

  private static final Set<String> MADE = new HashSet<>();

  @ParameterizedTest
  @CsvSource({NOW + ", true", PAST + ", false", FUTURE + ", false"})
  @Rule(
      value = "A certificate out of its dates is refused, even one that is trusted itself.",
      source = "RFC 5280 section 4.1.2.5")
  void aTrustedCertificateIsRefusedOutOfItsDates(String dates, boolean valid) throws Exception {
    String own = made(null, dates + AUTHORITY);
    assertEquals(valid, trusts(List.of(own), own));
  }

  @ParameterizedTest
  @CsvSource({
    NOW + "," + NOW + "," + NOW + ", true",
    PAST + "," + NOW + "," + NOW + ", false",
    NOW + "," + PAST + "," + NOW + ", false",
    NOW + "," + NOW + "," + PAST + ", false",
    FUTURE + "," + NOW + "," + NOW + ", false",
  })
  void neitherAnExpiredAuthorityNorOneBetweenVouches(
      String root, String between, String leaf, boolean valid) throws Exception {
    String top = made(null, root + AUTHORITY);
    String middle = made(top, between + AUTHORITY);
    String end = made(middle, leaf);
    assertEquals(valid, trusts(List.of(top), end, middle));
    assertEquals(valid, trusts(List.of(top), end, middle, top));
  }

  @Test
  void whatNobodyNeedsMayBeExpired() throws Exception {
    String root = made(null, NOW + AUTHORITY);
    String old = made(null, PAST + AUTHORITY);
    String leaf = made(root, NOW);
    assertEquals(true, trusts(List.of(root, old), leaf, root, old));
  }

  @Test
  void anIntermediateThatIsTrustedItselfIsLookedAt() throws Exception {
    String between = made(made(null, NOW + AUTHORITY), PAST + AUTHORITY);
    String leaf = made(between, NOW);
    assertEquals(false, trusts(List.of(between), leaf, between));
  }

  private static boolean trusts(List<String> trusted, String... shown) throws Exception {
    List<X509Certificate> anchors = new ArrayList<>();
    for (String name : trusted) {
      anchors.add(certificate(name));
    }
    X509Certificate[] chain = new X509Certificate[shown.length];
    for (int i = 0; i < shown.length; i++) {
      chain[i] = certificate(shown[i]);
    }
    try {
      ValidTrust.in(anchors).checkServerTrusted(chain, "UNKNOWN");
      return true;
    } catch (CertificateException refused) {
      return false;
    }
  }

  private static X509Certificate certificate(String name) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(dir.resolve("all.p12"))) {
      store.load(in, "changeit".toCharArray());
    }
    return (X509Certificate) store.getCertificate(name);
  }

  /** The name of one with these options, in keytool's words; signer null: its own. */
  private static String made(String signer, String options) throws Exception {
    String name = "n" + Integer.toHexString((signer + " " + options).hashCode());
    if (MADE.add(name)) {
      make(name, signer, options);
    }
    return name;
  }

  private static void make(String name, String signer, String options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC")); // half the time
    command.addAll(List.of("-genkeypair", "-alias", name, "-dname", "CN=" + name));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-storetype", "PKCS12"));
    command.addAll(List.of("-keystore", dir.resolve("all.p12").toString()));
    command.addAll(List.of("-storepass", "changeit"));
    if (signer != null) {
      command.addAll(List.of("-signer", signer));
    }
    command.addAll(List.of(options.split(" ", -1)));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, keytool.waitFor(), said);
  }
}
