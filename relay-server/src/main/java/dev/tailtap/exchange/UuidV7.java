package dev.tailtap.exchange;

import java.security.SecureRandom;
import java.util.UUID;

/**
 * Mints UUIDs of version 7 (RFC 9562 section 5.7): milliseconds in front, so that keys come in the
 * order of time, and 74 random bits. One per event loop.
 */
public final class UuidV7 {
  private final SecureRandom random = new SecureRandom();

  /** The next one, of this time. */
  public UUID next(long epochMillis) {
    long high = epochMillis << 16 | 0x7000 | (random.nextInt() & 0x0fff);
    long low = random.nextLong() >>> 2 | 1L << 63;
    return new UUID(high, low);
  }
}
