package dev.tailtap.tls;

import dev.tailtap.tls.PemFile.UnusableException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Who one side of a TLS connection is: a certificate with its chain, and the key that belongs to
 * it.
 *
 * @param chain the own certificate first
 */
public record TlsIdentity(List<X509Certificate> chain, PrivateKey key) {

  public TlsIdentity {
    chain = List.copyOf(chain);
  }

  /** Reads both files; the key has to match the certificate. */
  public static TlsIdentity read(Path certificate, Path key) throws UnusableException {
    TlsIdentity identity = new TlsIdentity(PemFile.certificates(certificate), PemFile.key(key));
    if (!identity.matches()) {
      throw new UnusableException("must hold the key of the certificate in " + certificate);
    }
    return identity;
  }

  /** What the key signs, the certificate must verify. */
  private boolean matches() {
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    byte[] word = {1, 2, 3};
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(word);
      byte[] signature = signer.sign();
      Signature verifier = Signature.getInstance(algorithm);
      verifier.initVerify(chain.get(0).getPublicKey());
      verifier.update(word);
      return verifier.verify(signature);
    } catch (GeneralSecurityException otherKind) {
      return false;
    }
  }

  @Override
  public String toString() {
    return "TlsIdentity[" + chain.get(0).getSubjectX500Principal() + "]";
  }
}
