package dev.tailtap.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Networks by address and length of prefix (RFC 4632 section 3.1, RFC 4291 section 2.3). An address
 * of IPv4 is the same as the one of IPv6 that it is mapped to (RFC 4291 section 2.5.5.2).
 * Immutable.
 */
public record Networks(List<Network> all) {
  /** None: nobody is in them. */
  public static final Networks NONE = new Networks(List.of());

  private static final Pattern WRITTEN =
      Pattern.compile("(\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(?:/(\\d{1,3}))?");
  private static final int MAPPED_PREFIX = 96;
  private static final long MAPPED = 0xffffL << Integer.SIZE; // its last 64 bits

  /** Copies the list. */
  public Networks {
    all = List.copyOf(all);
  }

  /** One of them: the bits of its addresses, and how many of them count. */
  public record Network(long high, long low, int prefix) {
    public Network {
      if (prefix < 0 || prefix > 2 * Long.SIZE || high != masked(high, prefix)) {
        throw new IllegalArgumentException("no network");
      }
      if (low != masked(low, prefix - Long.SIZE)) {
        throw new IllegalArgumentException("a bit is set behind the prefix");
      }
    }

    boolean contains(long otherHigh, long otherLow) {
      return masked(otherHigh, prefix) == high && masked(otherLow, prefix - Long.SIZE) == low;
    }

    private static long masked(long bits, int prefix) {
      return prefix <= 0 ? 0 : prefix >= Long.SIZE ? bits : bits & -1L << (Long.SIZE - prefix);
    }
  }

  /**
   * Reads one, such as {@code 10.0.0.0/8} or {@code 2001:db8::/32}; without a prefix it is one
   * address.
   *
   * @throws IllegalArgumentException for what is none, or has a bit set behind its prefix
   */
  static Network network(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no network");
    }
    int shorter = text.indexOf(':') < 0 ? MAPPED_PREFIX : 0;
    int prefix = matcher.group(2) == null ? 2 * Long.SIZE : Integer.parseInt(matcher.group(2));
    byte[] address = literal(matcher.group(1));
    int whole = matcher.group(2) == null ? prefix : Math.addExact(prefix, shorter);
    return new Network(high(address), low(address), whole);
  }

  /** Nobody is asked: what has the characters of an address is one, or nothing. */
  private static byte[] literal(String text) {
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** Whether one of them has every address of IPv4. */
  public boolean hasEverybody() {
    return all.stream().anyMatch(one -> one.prefix() <= MAPPED_PREFIX && one.contains(0, MAPPED));
  }

  /**
   * Whether an address is in one of them.
   *
   * @param address its 4 or 16 bytes
   */
  public boolean contains(byte[] address) {
    long high = high(address);
    long low = low(address);
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).contains(high, low)) {
        return true;
      }
    }
    return false;
  }

  private static long high(byte[] address) {
    return address.length == 4 ? 0 : ByteBuffer.wrap(address).getLong();
  }

  private static long low(byte[] address) {
    return address.length == 4
        ? MAPPED | Integer.toUnsignedLong(ByteBuffer.wrap(address).getInt())
        : ByteBuffer.wrap(address).getLong(Long.BYTES);
  }
}
