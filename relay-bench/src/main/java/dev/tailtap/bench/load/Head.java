package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;

/** The head of a request or an answer that comes cut anywhere. One per connection, on its loop. */
final class Head {
  private static final int LIMIT = 8192;

  private byte[] bytes = new byte[512];
  private int length;
  private boolean whole;

  void reset() {
    length = 0;
    whole = false;
  }

  boolean whole() {
    return whole;
  }

  /**
   * Reads on.
   *
   * @return where it stopped: behind the blank line, or at the end
   * @throws IllegalStateException if it is too long
   */
  int feed(byte[] from, int at, int to) {
    int i = at;
    while (i < to && !whole) {
      if (length == bytes.length) {
        grow();
      }
      byte b = from[i++];
      bytes[length++] = b;
      whole = b == '\n' && length >= 4 && bytes[length - 3] == '\n' && bytes[length - 4] == '\r';
    }
    return i;
  }

  private void grow() {
    if (length == LIMIT) {
      throw new IllegalStateException("a head does not end");
    }
    bytes = Arrays.copyOf(bytes, Math.min(LIMIT, 2 * length));
  }

  boolean startsWith(String beginning) {
    for (int i = 0; i < beginning.length(); i++) {
      if (i >= length || bytes[i] != beginning.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  String firstLine() {
    return new String(bytes, 0, length, ISO_8859_1).lines().findFirst().orElse("");
  }

  boolean chunked() {
    int at = valueOf("transfer-encoding");
    return at >= 0 && matches(at, "chunked");
  }

  /** -1: it says none. */
  long contentLength() {
    int at = valueOf("content-length");
    if (at < 0) {
      return -1;
    }
    long value = 0;
    for (; bytes[at] >= '0' && bytes[at] <= '9'; at++) {
      value = 10 * value + bytes[at] - '0';
    }
    return value;
  }

  /** Whether a field has this value, both in small letters. */
  boolean says(String name, String value) {
    int at = valueOf(name);
    return at >= 0 && matches(at, value);
  }

  /** Where the value of a field begins, its name in small letters; -1: there is none. */
  private int valueOf(String name) {
    for (int i = 0; i + name.length() + 1 < length; i++) {
      if (bytes[i] == '\n' && matches(i + 1, name) && bytes[i + 1 + name.length()] == ':') {
        int at = i + 2 + name.length();
        while (bytes[at] == ' ') {
          at++;
        }
        return at;
      }
    }
    return -1;
  }

  private boolean matches(int at, String small) {
    if (at + small.length() >= length) {
      return false;
    }
    for (int i = 0; i < small.length(); i++) {
      if (Character.toLowerCase(bytes[at + i] & 0xff) != small.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
