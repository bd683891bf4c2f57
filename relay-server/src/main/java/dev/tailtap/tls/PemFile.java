package dev.tailtap.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a PEM file holds (RFC 7468): certificates, or one private key. What it says about a file
 * that cannot be used completes "FILE: …" and has no byte of its content. Blocks; any thread.
 */
public final class PemFile {
  private static final long LARGEST = 4 << 20;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \\1-----");
  private static final List<String> KEY_KINDS = List.of("RSA", "EC");

  private PemFile() {}

  /** The certificates of a file, in its order; at least one. */
  public static List<X509Certificate> certificates(Path file) throws UnusableException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (byte[] der : blocks(file, "CERTIFICATE")) {
      certificates.add(certificate(der));
    }
    if (certificates.isEmpty()) {
      throw new UnusableException("must be a PEM file with certificates");
    }
    return certificates;
  }

  /** The only private key of a file. */
  public static PrivateKey key(Path file) throws UnusableException {
    List<byte[]> keys = blocks(file, "PRIVATE KEY");
    if (keys.size() == 1) {
      for (String kind : KEY_KINDS) {
        try {
          return KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(keys.get(0)));
        } catch (GeneralSecurityException otherKind) {
          // the next kind
        }
      }
    }
    throw new UnusableException(
        "must be a PEM file with one RSA or EC key that is not encrypted and begins with"
            + " BEGIN PRIVATE KEY (PKCS#8)");
  }

  private static X509Certificate certificate(byte[] der) throws UnusableException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new UnusableException("has a certificate that is damaged");
    }
  }

  private static List<byte[]> blocks(Path file, String kind) throws UnusableException {
    List<byte[]> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text(file));
    while (matcher.find()) {
      if (matcher.group(1).equals(kind)) {
        try {
          blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
        } catch (IllegalArgumentException e) {
          throw new UnusableException("is damaged: what follows BEGIN " + kind + " is no base64");
        }
      }
    }
    return blocks;
  }

  private static String text(Path file) throws UnusableException {
    try {
      if (Files.isRegularFile(file) && Files.size(file) <= LARGEST) {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      }
    } catch (IOException notAllowed) {
      // as if it were not there
    }
    throw new UnusableException("must be a file that can be read");
  }

  /** The file cannot be used; the message says what it must be. */
  public static final class UnusableException extends Exception {
    UnusableException(String message) {
      super(message);
    }
  }
}
