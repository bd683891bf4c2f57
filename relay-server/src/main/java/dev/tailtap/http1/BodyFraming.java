package dev.tailtap.http1;

import java.util.List;

/**
 * Where a body ends (RFC 9112 section 6.3).
 *
 * @param length bytes of the body with {@code LENGTH}, else 0
 */
public record BodyFraming(Kind kind, long length) {
  public static final BodyFraming NONE = new BodyFraming(Kind.NONE, 0);
  public static final BodyFraming CHUNKED = new BodyFraming(Kind.CHUNKED, 0);
  static final BodyFraming UNTIL_CLOSE = new BodyFraming(Kind.UNTIL_CLOSE, 0);

  /** The four ways in which a body can be delimited. */
  public enum Kind {
    NONE,
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  static BodyFraming ofLength(long length) {
    return length == 0 ? NONE : new BodyFraming(Kind.LENGTH, length);
  }

  /**
   * A {@code Content-Length} in plain digits (RFC 9110 section 8.6). A leading zero is refused,
   * which some take for the sign of an octal number.
   *
   * @return -1 if it is anything else or beyond a long
   */
  public static long parseLength(CharSequence text) {
    if (text.isEmpty() || text.length() > 18 || (text.charAt(0) == '0' && text.length() > 1)) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      length = length * 10 + (c - '0');
    }
    return length;
  }

  /**
   * The one length that all values of a response's {@code Content-Length} fields name, each a list
   * (RFC 9110 section 8.6). Zeros in front change nothing.
   *
   * @return -1 if they are not the same, or one is none
   */
  static long commonLength(List<String> fields) {
    long common = -1;
    for (String field : fields) {
      for (String value : field.split(",", -1)) {
        long length = parseLength(withoutZeros(value.strip()));
        if (length < 0 || (common >= 0 && length != common)) {
          return -1;
        }
        common = length;
      }
    }
    return common;
  }

  private static String withoutZeros(String digits) {
    int start = 0;
    while (start < digits.length() - 1 && digits.charAt(start) == '0') {
      start++;
    }
    return digits.substring(start);
  }
}
