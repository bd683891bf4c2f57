package dev.tailtap.exchange;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * Mints UUIDs of version 7 (RFC 9562 section 5.7): milliseconds in front, so that keys come in the
 * order of time, and 74 random bits. One per event loop.
 */
public final class UuidV7 {
  private static final int BYTES = 2 + Long.BYTES; // of chance, for each

  private final SecureRandom random = new SecureRandom();
  private final ByteBuffer chance = ByteBuffer.allocate(64 * BYTES).limit(0);

  /** The next one, of this time. */
  public UUID next(long epochMillis) {
    if (!chance.hasRemaining()) {
      random.nextBytes(chance.array()); // which takes little longer for many
      chance.clear();
    }
    long high = epochMillis << 16 | 0x7000 | (chance.getShort() & 0x0fff);
    long low = chance.getLong() >>> 2 | 1L << 63;
    return new UUID(high, low);
  }
}
