package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The certificate that everybody shows and trusts in a run, made by the JDK's keytool: P-256,
 * signed by itself, and of the length that a chain of a provider has.
 *
 * @param chain PEM of the certificate
 * @param key PEM of its key
 * @param both PEM of both, as HAProxy wants it
 */
record Certificate(Path chain, Path key, Path both) {
  private static final String PASSWORD = "bench-only";
  private static final int NAMES = 60;

  static Certificate make(Path dir) {
    Path store = dir.resolve("certificate.p12");
    List<String> names = new ArrayList<>(List.of("dns:localhost", "ip:127.0.0.1"));
    for (int i = 0; i < NAMES; i++) {
      names.add("dns:as-long-as-a-chain-" + i + ".bench.invalid");
    }
    String[] command = {
      Jvm.program("keytool"),
      "-genkeypair",
      "-alias",
      "bench",
      "-keyalg",
      "EC",
      "-groupname",
      "secp256r1",
      "-dname",
      "CN=localhost",
      "-validity",
      "30",
      "-ext",
      "san=" + String.join(",", names),
      "-storetype",
      "PKCS12",
      "-storepass",
      PASSWORD,
      "-keystore",
      store.toString()
    };
    Machine.output(command);
    if (!Files.exists(store)) {
      throw new BenchException("keytool makes no certificate");
    }
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      return written(
          dir,
          pem("CERTIFICATE", keys.getCertificate("bench").getEncoded()),
          pem("PRIVATE KEY", keys.getKey("bench", PASSWORD.toCharArray()).getEncoded()));
    } catch (IOException | GeneralSecurityException e) {
      throw new BenchException("no certificate: " + e.getMessage(), e);
    }
  }

  private static Certificate written(Path dir, String chain, String key) throws IOException {
    return new Certificate(
        Files.writeString(dir.resolve("certificate.pem"), chain),
        Files.writeString(dir.resolve("key.pem"), key),
        Files.writeString(dir.resolve("both.pem"), chain + key));
  }

  private static String pem(String kind, byte[] der) {
    String body = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, body, kind);
  }
}
