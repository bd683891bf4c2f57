package dev.tailtap.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The JDK's trust in a server, and beyond it the dates of those whom the JDK trusts without a look
 * at them: a certificate that is trusted itself is never asked how old it is (RFC 5280 section
 * 6.1.1). So neither an expired server nor an expired authority is given a key. Any thread.
 */
final class ValidTrust extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager jdk;
  private final List<X509Certificate> anchors;

  private ValidTrust(X509ExtendedTrustManager jdk) {
    this.jdk = jdk;
    anchors = List.of(jdk.getAcceptedIssuers());
  }

  /** In these certificates; null: in those of the JDK. */
  static ValidTrust in(List<X509Certificate> trusted) {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted == null ? null : store(trusted));
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return new ValidTrust(extended);
        }
      }
      throw new IllegalStateException("this JDK has no trust manager for X.509");
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the trusted certificates cannot be used", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
      throws CertificateException {
    jdk.checkServerTrusted(chain, kind, engine);
    checkDates(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket)
      throws CertificateException {
    jdk.checkServerTrusted(chain, kind, socket);
    checkDates(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
    jdk.checkServerTrusted(chain, kind);
    checkDates(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine)
      throws CertificateException {
    jdk.checkClientTrusted(chain, kind, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket)
      throws CertificateException {
    jdk.checkClientTrusted(chain, kind, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
    jdk.checkClientTrusted(chain, kind);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return jdk.getAcceptedIssuers();
  }

  /**
   * Looks at the certificates on the way up to one that is trusted. What a server sends beyond them
   * does not matter: many send an old cross-certificate along.
   */
  private void checkDates(X509Certificate[] chain) throws CertificateException {
    X509Certificate certificate = chain[0];
    for (int steps = 0; certificate != null && steps <= chain.length; steps++) {
      certificate.checkValidity();
      certificate = anchors.contains(certificate) ? null : issuer(certificate, chain);
    }
  }

  /** The issuer: a valid one before others, then a trusted one; null: the JDK knew another. */
  private X509Certificate issuer(X509Certificate certificate, X509Certificate[] chain) {
    X509Certificate old = null;
    for (List<X509Certificate> candidates : List.of(anchors, Arrays.asList(chain))) {
      for (X509Certificate candidate : candidates) {
        if (hasIssued(candidate, certificate)) {
          if (isValid(candidate)) {
            return candidate;
          }
          old = old == null ? candidate : old;
        }
      }
    }
    return old;
  }

  private static boolean hasIssued(X509Certificate candidate, X509Certificate certificate) {
    if (candidate.equals(certificate)
        || !candidate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
      return false;
    }
    try {
      certificate.verify(candidate.getPublicKey());
      return true;
    } catch (GeneralSecurityException otherKey) {
      return false;
    }
  }

  private static boolean isValid(X509Certificate certificate) {
    try {
      certificate.checkValidity();
      return true;
    } catch (CertificateException outOfDate) {
      return false;
    }
  }

  private static KeyStore store(List<X509Certificate> trusted)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < trusted.size(); i++) {
      store.setCertificateEntry(Integer.toString(i), trusted.get(i));
    }
    return store;
  }
}
