package dev.tailtap.rig;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate that vouches for itself, made by the JDK's keytool when a test wants it.
 *
 * @param pem the file with the certificate
 * @param key the file with its private key, not encrypted
 * @param store both, for the JDK
 */
public record Certificate(Path pem, Path key, KeyStore store) {
  private static final String PASSWORD = "changeit";

  /**
   * Makes one.
   *
   * @param names for whom, as keytool writes it: {@code dns:localhost,ip:127.0.0.1}
   */
  public static Certificate of(Path dir, String commonName, String names)
      throws IOException, InterruptedException, GeneralSecurityException {
    return of(dir, commonName, names, "-keyalg EC -groupname secp256r1 -validity 2");
  }

  /** Makes one whose key and times are described in keytool's own options. */
  public static Certificate of(Path dir, String commonName, String names, String options)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path file = Files.createDirectories(dir).resolve(commonName + ".p12");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC")); // half the time
    command.addAll(List.of("-genkeypair", "-alias", "it", "-dname", "CN=" + commonName));
    command.addAll(List.of("-ext", "SAN=" + names, "-keystore", file.toString()));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    command.addAll(List.of(options.split(" ", -1)));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool: " + said);
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    Key key = store.getKey("it", PASSWORD.toCharArray());
    return new Certificate(
        pem(
            dir.resolve(commonName + ".pem"),
            "CERTIFICATE",
            store.getCertificate("it").getEncoded()),
        pem(dir.resolve(commonName + ".key"), "PRIVATE KEY", key.getEncoded()),
        store);
  }

  /** For a server that shows it. */
  public SSLContext identity() throws GeneralSecurityException {
    return identityFor(this);
  }

  /** For a server that shows it to a client with this certificate. */
  public SSLContext identityFor(Certificate client) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), client.trusting().getTrustManagers(), null);
    return tls;
  }

  /** For a client that trusts it and nobody else. */
  public SSLContext trust() throws GeneralSecurityException {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trusting().getTrustManagers(), null);
    return tls;
  }

  private TrustManagerFactory trusting() throws GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    try {
      trusted.load(null, null);
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
    trusted.setCertificateEntry("it", store.getCertificate("it"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    return trust;
  }

  private static Path pem(Path file, String kind, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }
}
