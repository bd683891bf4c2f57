package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * This relay's entry in the {@code Via} field of what it forwards (RFC 9110 section 7.6.3), under a
 * name of its own, so that it knows a request that comes back to it. Immutable.
 */
public final class Via {
  private static final String PREFIX = "tailtap-";
  private static final String SEPARATORS = "[\\s,();]+";

  private final String pseudonym;
  private final AsciiString ofHttp11;
  private final AsciiString ofHttp10;

  /**
   * Chooses the name.
   *
   * @param instance what tells this relay from others; empty: a random one
   */
  public Via(String instance) {
    pseudonym = PREFIX + (instance.isEmpty() ? random() : instance);
    ofHttp11 = AsciiString.cached("1.1 " + pseudonym);
    ofHttp10 = AsciiString.cached("1.0 " + pseudonym);
  }

  /** The name alone. */
  public String relay() {
    return pseudonym.substring(PREFIX.length());
  }

  /** The entry for a request that came in this version. */
  public CharSequence entry(boolean http10) {
    return http10 ? ofHttp10 : ofHttp11;
  }

  /** Whether a request has been here before: then it goes in a circle. */
  public boolean marks(HttpHeaders headers) {
    for (String value : headers.getAll(HttpHeaderNames.VIA)) {
      for (String word : value.split(SEPARATORS, -1)) {
        if (word.equalsIgnoreCase(pseudonym)) {
          return true;
        }
      }
    }
    return false;
  }

  private static String random() {
    byte[] bytes = new byte[6];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
