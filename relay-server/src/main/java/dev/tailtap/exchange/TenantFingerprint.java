package dev.tailtap.exchange;

import io.netty.handler.codec.http.HttpHeaders;
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
final class TenantFingerprint {
  /** Where the providers' clients put their keys, in the order in which they are looked for. */
  private static final String[] KEY_FIELDS = {
    "authorization", "x-api-key", "x-goog-api-key", "api-key"
  };

  private static final int BYTES = 16;

  private final Mac mac;

  TenantFingerprint(byte[] secret) {
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HmacSHA256", e);
    }
  }

  /**
   * The fingerprint of the key in a request; null if it shows none.
   *
   * @param query of the request target; Gemini's clients may put the key there as {@code key=}
   */
  String of(HttpHeaders headers, String query) {
    for (String field : KEY_FIELDS) {
      String value = headers.get(field);
      if (value != null) {
        return fingerprint(
            value.regionMatches(true, 0, "Bearer ", 0, 7) ? value.substring(7) : value);
      }
    }
    return query == null ? null : ofQuery(query);
  }

  private String ofQuery(String query) {
    for (String parameter : query.split("&", -1)) {
      if (parameter.startsWith("key=")) {
        return fingerprint(parameter.substring("key=".length()));
      }
    }
    return null;
  }

  private String fingerprint(String key) {
    byte[] hash = mac.doFinal(key.strip().getBytes(CharsetUtil.UTF_8));
    return HexFormat.of().formatHex(hash, 0, BYTES);
  }
}
