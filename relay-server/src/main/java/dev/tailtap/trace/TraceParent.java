package dev.tailtap.trace;

import java.util.HexFormat;

/**
 * What a field {@code traceparent} says (W3C Trace Context, section 3.2).
 *
 * @param traceId 32 digits of lower-case hex, not all zero
 * @param spanId of whoever sent it; not zero
 * @param flags of which {@link #SAMPLED} and {@link #RANDOM} are known
 */
public record TraceParent(String traceId, long spanId, int flags) {
  /** Its spans are kept. */
  public static final int SAMPLED = 1;

  /** The id of the trace was chosen at random (level 2 of the specification). */
  static final int RANDOM = 2;

  private static final int LENGTH = 55;
  private static final int SPAN = 36;
  private static final int FLAGS = 53;

  /**
   * Reads one.
   *
   * @return null if it is none, so that a trace begins anew
   */
  public static TraceParent parse(String field) {
    boolean whole =
        field.length() >= LENGTH
            && isHex(field, 0, 2)
            && field.charAt(2) == '-'
            && isHex(field, 3, SPAN - 1)
            && field.charAt(SPAN - 1) == '-'
            && isHex(field, SPAN, FLAGS - 1)
            && field.charAt(FLAGS - 1) == '-'
            && isHex(field, FLAGS, LENGTH)
            && mayEndSo(field);
    if (!whole) {
      return null;
    }
    String traceId = field.substring(3, SPAN - 1);
    long spanId = HexFormat.fromHexDigitsToLong(field, SPAN, FLAGS - 1);
    boolean zero = spanId == 0 || traceId.chars().allMatch(c -> c == '0');
    return zero
        ? null
        : new TraceParent(traceId, spanId, HexFormat.fromHexDigits(field, FLAGS, LENGTH));
  }

  /** A later version may say more behind a hyphen; there is no version ff. */
  private static boolean mayEndSo(String field) {
    boolean longer = field.length() > LENGTH;
    boolean first = field.startsWith("00");
    return !field.startsWith("ff") && (!longer || (!first && field.charAt(LENGTH) == '-'));
  }

  /** Capital letters are none. */
  private static boolean isHex(String field, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = field.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  /** As a field, of version 00. */
  static String field(String traceId, long spanId, int flags) {
    HexFormat hex = HexFormat.of();
    return "00-"
        + traceId
        + '-'
        + hex.toHexDigits(spanId)
        + '-'
        + hex.toHexDigits((byte) (flags & (SAMPLED | RANDOM)));
  }
}
