package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Headers of the PROXY protocol, made by hand and not by the code that reads them. */
final class ProxyHeaders {
  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };

  private ProxyHeaders() {}

  /** Version 1, of these words. */
  static byte[] text(String words) {
    return ("PROXY " + words + "\r\n").getBytes(ISO_8859_1);
  }

  /** Version 2, with anything behind the fixed part. */
  static byte[] binary(int command, int family, byte[] behind) {
    return binary(command, family, behind.length, behind);
  }

  /** The same with a length that need not be true. */
  static byte[] binary(int command, int family, int length, byte[] behind) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SIGNATURE);
    out.write(command);
    out.write(family);
    out.write(length >> 8);
    out.write(length);
    out.writeBytes(behind);
    return out.toByteArray();
  }

  /** Version 2 of a connection from an address to another of its kind, ports 258 and 772. */
  static byte[] from(String source, String destination, byte[] extra) {
    byte[] from = address(source);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(from);
    out.writeBytes(address(destination));
    out.writeBytes(new byte[] {1, 2, 3, 4});
    out.writeBytes(extra);
    return binary(0x21, from.length == 4 ? 0x11 : 0x21, out.toByteArray());
  }

  static byte[] address(String text) {
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
