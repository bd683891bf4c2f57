package dev.tailtap.client;

import io.netty.util.NetUtil;

/** Addresses as balancers write them: no name, no zone, no octet that could be an octal number. */
final class AddressText {
  private static final int LONGEST_PORT = 5;
  private static final int MOST_PORT = 65_535;

  private AddressText() {}

  /** The 4 or 16 bytes of an address that stands alone; null: it is none. */
  static byte[] address(String text) {
    boolean v6 = text.indexOf(':') >= 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean begins = i == 0 || text.charAt(i - 1) == '.';
      boolean ends = i + 1 == text.length() || text.charAt(i + 1) == '.';
      if (!isOfAddress(c, v6) || (!v6 && c == '0' && begins && !ends)) {
        return null;
      }
    }
    return NetUtil.createByteArrayFromIpAddressString(text);
  }

  /**
   * The same of one that may have a port behind it, and brackets around it if it is of IPv6: {@code
   * 192.0.2.1:4711}, {@code [2001:db8::1]:4711}.
   */
  static byte[] addressAndPort(String text) {
    int colon = text.lastIndexOf(':');
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      boolean alone = end == text.length() - 1;
      boolean whole = end > 0 && (alone || (colon == end + 1 && isPort(text.substring(end + 2))));
      String inside = whole ? text.substring(1, end) : "";
      return inside.indexOf(':') < 0 ? null : address(inside);
    }
    if (colon < 0 || text.indexOf(':') != colon) {
      return address(text); // no colon, or too many for a port
    }
    return isPort(text.substring(colon + 1)) ? address(text.substring(0, colon)) : null;
  }

  private static boolean isOfAddress(char c, boolean v6) {
    boolean hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
    return (c >= '0' && c <= '9') || c == '.' || (v6 && hex);
  }

  /** A decimal number from 0 to 65535, without zeros before it. */
  static boolean isPort(String text) {
    if (text.isEmpty() || text.length() > LONGEST_PORT) {
      return false;
    }
    int port = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9' || (c == '0' && i == 0 && text.length() > 1)) {
        return false;
      }
      port = 10 * port + c - '0';
    }
    return port <= MOST_PORT;
  }
}
