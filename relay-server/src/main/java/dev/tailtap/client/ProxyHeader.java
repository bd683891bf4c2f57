package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * The header of the PROXY protocol, as it comes, cut anywhere (HAProxy's proxy-protocol.txt of
 * 2020/03/05, sections 2.1 and 2.2). It holds what has to be whole, up to 107 bytes; what is
 * optional is passed over. One thread at a time.
 */
final class ProxyHeader {
  /** How far it has come. */
  enum State {
    READING,
    COMPLETE,
    MALFORMED
  }

  private static final byte[] TEXT = "PROXY ".getBytes(ISO_8859_1);
  private static final byte[] BINARY = "\r\n\r\n\0\r\nQUIT\n".getBytes(ISO_8859_1);
  private static final int MOST_TEXT = 107;
  private static final int FIXED = 16; // of a binary one: signature, command, family, length
  private static final int MOST_BEHIND_FIXED = 4096; // not of the specification, which has 65535
  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int TCP4 = 0x11;
  private static final int TCP6 = 0x21;
  private static final int LAST_FAMILY = 3; // UNIX
  private static final int LAST_TRANSPORT = 2; // datagrams

  private final byte[] held = new byte[MOST_TEXT];
  private int length; // of what is held
  private int addresses; // bytes behind the fixed part that are to be held
  private int behind; // bytes that are to be passed over, behind those
  private byte[] source; // null: none was named

  /** Takes what belongs to it, and leaves the rest; not to be asked again once it is over. */
  State read(ByteBuf in) {
    State state = State.READING;
    while (state == State.READING && in.isReadable()) {
      if (length == FIXED + addresses && behind > 0) {
        int some = Math.min(behind, in.readableBytes());
        in.skipBytes(some);
        behind -= some;
        state = behind == 0 ? State.COMPLETE : State.READING;
      } else {
        held[length++] = in.readByte();
        state = held[0] == BINARY[0] ? binary() : text();
      }
    }
    return state;
  }

  /** Whether no byte of it has come. */
  boolean isEmpty() {
    return length == 0;
  }

  /**
   * The address that the connection was made from, of 4 or 16 bytes; null: it is the balancer's own
   * (LOCAL), or the balancer does not know it, or it is none of TCP.
   */
  byte[] source() {
    return source;
  }

  private State text() {
    byte last = held[length - 1];
    if (length <= TEXT.length) {
      return last == TEXT[length - 1] ? State.READING : State.MALFORMED;
    }
    boolean afterReturn = held[length - 2] == '\r';
    if (last == '\n' && afterReturn) {
      return line(new String(held, TEXT.length, length - 2 - TEXT.length, ISO_8859_1));
    }
    return last == '\n' || afterReturn || length == MOST_TEXT ? State.MALFORMED : State.READING;
  }

  private State line(String line) {
    if (line.equals("UNKNOWN") || line.startsWith("UNKNOWN ")) {
      return State.COMPLETE;
    }
    String[] words = line.split(" ", -1);
    int size = words[0].equals("TCP4") ? 4 : words[0].equals("TCP6") ? 16 : 0;
    if (words.length != 5 || !AddressText.isPort(words[3]) || !AddressText.isPort(words[4])) {
      return State.MALFORMED;
    }
    byte[] from = AddressText.address(words[1]);
    byte[] to = AddressText.address(words[2]);
    if (from == null || to == null || from.length != size || to.length != size) {
      return State.MALFORMED;
    }
    source = from;
    return State.COMPLETE;
  }

  private State binary() {
    if (length <= BINARY.length) {
      return held[length - 1] == BINARY[length - 1] ? State.READING : State.MALFORMED;
    }
    if (length == FIXED) {
      return fixed(held[12] & 0xff, held[13] & 0xff, ((held[14] & 0xff) << 8) | (held[15] & 0xff));
    }
    if (length < FIXED + addresses) {
      return State.READING;
    }
    source = Arrays.copyOfRange(held, FIXED, FIXED + (addresses == 12 ? 4 : 16));
    return behind == 0 ? State.COMPLETE : State.READING;
  }

  /** What is local says nothing of a family that counts; a family beyond the known ones is none. */
  private State fixed(int command, int family, int size) {
    if ((command != LOCAL && command != PROXY) || size > MOST_BEHIND_FIXED) {
      return State.MALFORMED;
    }
    if (command == PROXY) {
      if (family >> 4 > LAST_FAMILY || (family & 0xf) > LAST_TRANSPORT) {
        return State.MALFORMED;
      }
      addresses = family == TCP4 ? 12 : family == TCP6 ? 36 : 0;
    }
    behind = size - addresses;
    return behind < 0 ? State.MALFORMED : size == 0 ? State.COMPLETE : State.READING;
  }
}
