package dev.tailtap.limits;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * Whose share a client takes from: its address in IPv4, its network (/64) in IPv6, where one host
 * has more addresses than could be counted.
 */
public record ClientNetwork(boolean v6, long bits) {
  private static final ClientNetwork UNKNOWN = new ClientNetwork(false, -1);
  private static final int MAPPED_PREFIX = 0xffff; // ::ffff:0:0/96 (RFC 4291 section 2.5.5.2)

  /** The network of a client; its address is null where the connection is gone already. */
  public static ClientNetwork of(SocketAddress client) {
    return client instanceof InetSocketAddress inet ? of(inet.getAddress()) : UNKNOWN;
  }

  public static ClientNetwork of(InetAddress address) {
    return of(address.getAddress());
  }

  /** The network of an address of 4 or 16 bytes. */
  public static ClientNetwork of(byte[] address) {
    ByteBuffer bytes = ByteBuffer.wrap(address);
    if (address.length == Integer.BYTES) {
      return new ClientNetwork(false, bytes.getInt());
    }
    long network = bytes.getLong();
    if (network == 0 && bytes.getInt() == MAPPED_PREFIX) {
      return new ClientNetwork(false, bytes.getInt());
    }
    return new ClientNetwork(true, network);
  }

  /** The address in IPv4, the network in IPv6: for the log. */
  @Override
  public String toString() {
    if (v6) {
      return String.format(
          "%x:%x:%x:%x::/64",
          bits >>> 48, bits >>> 32 & 0xffff, bits >>> 16 & 0xffff, bits & 0xffff);
    }
    int address = (int) bits;
    return bits == UNKNOWN.bits
        ? "unknown"
        : (address >>> 24)
            + "."
            + (address >>> 16 & 0xff)
            + "."
            + (address >>> 8 & 0xff)
            + "."
            + (address & 0xff);
  }
}
