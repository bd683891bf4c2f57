package dev.tailtap.route;

import io.netty.util.CharsetUtil;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Names a caller without knowing its key: the first half of a keyed hash (HMAC-SHA-256) over it.
 * Without the relay's own secret nobody can tell from a row which key it was, nor try keys against
 * it. One per event loop, since a {@link Mac} is not shared.
 */
public final class TenantFingerprint {
  private static final int BYTES = 16;

  private final Mac mac;

  /** Takes the relay's own secret. */
  public TenantFingerprint(byte[] secret) {
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HmacSHA256", e);
    }
  }

  /**
   * The fingerprint of a caller.
   *
   * @param key by which the provider knows it; null if it shows none, and so is the fingerprint
   */
  public String of(String key) {
    if (key == null) {
      return null;
    }
    byte[] hash = mac.doFinal(key.getBytes(CharsetUtil.UTF_8));
    return HexFormat.of().formatHex(hash, 0, BYTES);
  }
}
