package dev.tailtap.trace;

import java.util.UUID;

/**
 * Ids of spans, which are found again in the rows: that of a try is the second half of its row's
 * id, that of its call the same of the call's first row, with other leading bits, so that no two
 * are alike. Neither is ever zero, since a UUID's variant stands in these bits (RFC 9562).
 * Stateless.
 */
final class SpanId {
  private static final long OTHER = 0b11L << 62;

  private SpanId() {}

  static long ofTry(UUID row) {
    return row.getLeastSignificantBits();
  }

  static long ofCall(UUID first) {
    return first.getLeastSignificantBits() ^ OTHER;
  }
}
