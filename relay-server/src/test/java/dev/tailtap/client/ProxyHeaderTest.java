package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tailtap.rig.Rule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ProxyHeaderTest {
  private static final String SOURCE = "proxy-protocol.txt sections 2.1 and 2.2";
  private static final String LONGEST = "ffff:".repeat(7) + "ffff";
  private static final byte[] BEHIND = "\r\n\r\nGET".getBytes(ISO_8859_1);

  static Stream<Arguments> whole() {
    byte[] tlvs = new byte[300];
    new Random(1).nextBytes(tlvs);
    return Stream.of(
        Arguments.of(ProxyHeaders.text("TCP4 192.0.2.1 198.51.100.2 65535 0"), "192.0.2.1"),
        Arguments.of(ProxyHeaders.text("TCP6 2001:db8::1 ::1 1 80"), "2001:db8::1"),
        Arguments.of(ProxyHeaders.text("TCP6 " + LONGEST + " ::1 1 80"), LONGEST),
        Arguments.of(ProxyHeaders.text("UNKNOWN"), null),
        Arguments.of(ProxyHeaders.text("UNKNOWN whatever this is"), null),
        Arguments.of(
            ProxyHeaders.text("UNKNOWN " + LONGEST + " " + LONGEST + " 65535 65535"), null),
        Arguments.of(ProxyHeaders.from("192.0.2.1", "198.51.100.2", new byte[0]), "192.0.2.1"),
        Arguments.of(ProxyHeaders.from("2001:db8::1", "::1", new byte[0]), "2001:db8::1"),
        Arguments.of(ProxyHeaders.from("192.0.2.1", "198.51.100.2", tlvs), "192.0.2.1"),
        Arguments.of(ProxyHeaders.from("2001:db8::1", "::1", new byte[4060]), "2001:db8::1"),
        Arguments.of(ProxyHeaders.binary(0x20, 0, new byte[0]), null), // LOCAL
        Arguments.of(ProxyHeaders.binary(0x20, 0x11, new byte[12]), null),
        Arguments.of(ProxyHeaders.binary(0x20, 0xff, tlvs), null),
        Arguments.of(ProxyHeaders.binary(0x21, 0, new byte[0]), null), // UNSPEC
        Arguments.of(ProxyHeaders.binary(0x21, 0, tlvs), null),
        Arguments.of(ProxyHeaders.binary(0x21, 0x12, new byte[12]), null), // UDP
        Arguments.of(ProxyHeaders.binary(0x21, 0x31, new byte[216]), null)); // a Unix socket
  }

  @ParameterizedTest
  @MethodSource("whole")
  @Rule(
      value =
          "A PROXY header of either version is read, wherever it is cut, and what follows is not",
      source = SOURCE)
  void readsAWholeHeaderCutAnywhere(byte[] header, String source) {
    for (int cut = 0; cut <= header.length; cut++) {
      ProxyHeader read = new ProxyHeader();
      ByteBuf all = Unpooled.wrappedBuffer(header, BEHIND);
      if (cut < header.length) {
        assertEquals(ProxyHeader.State.READING, read.read(all.readSlice(cut)));
        assertEquals(cut == 0, read.isEmpty());
      }
      assertEquals(ProxyHeader.State.COMPLETE, read.read(all));
      assertEquals(BEHIND.length, all.readableBytes());
      if (source == null) {
        assertNull(read.source());
      } else {
        assertArrayEquals(ProxyHeaders.address(source), read.source());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("whole")
  void readsAWholeHeaderByteByByte(byte[] header, String source) {
    ProxyHeader read = new ProxyHeader();
    for (int i = 0; i < header.length; i++) {
      ProxyHeader.State state = read.read(Unpooled.wrappedBuffer(header, i, 1));
      boolean last = i + 1 == header.length;
      assertEquals(last ? ProxyHeader.State.COMPLETE : ProxyHeader.State.READING, state);
    }
    assertEquals(source == null, read.source() == null);
  }

  static Map<String, byte[]> malformed() {
    Map<String, byte[]> all = new LinkedHashMap<>();
    for (String words :
        new String[] {
          "",
          "TCP4",
          "TCP5 192.0.2.1 192.0.2.2 1 2",
          "tcp4 192.0.2.1 192.0.2.2 1 2",
          "UNKNOWNX",
          "TCP4 192.0.2.1 192.0.2.2 1",
          "TCP4 192.0.2.1 192.0.2.2 1 2 3",
          "TCP4  192.0.2.1 192.0.2.2 1 2",
          "TCP4 192.0.2.1 192.0.2.2 1 2 ",
          "TCP4 192.0.2.1\t192.0.2.2 1 2",
          "TCP4 192.0.2.1 192.0.2.2 65536 2",
          "TCP4 192.0.2.1 192.0.2.2 -1 2",
          "TCP4 192.0.2.1 192.0.2.2 01 2",
          "TCP4 192.0.2.1 192.0.2.2 1 x",
          "TCP4 192.0.2.256 192.0.2.2 1 2",
          "TCP4 192.0.2.01 192.0.2.2 1 2",
          "TCP4 192.0.2 192.0.2.2 1 2",
          "TCP4 localhost 192.0.2.2 1 2",
          "TCP4 2001:db8::1 ::1 1 2",
          "TCP6 192.0.2.1 192.0.2.2 1 2",
          "TCP6 2001:db8::1%1 ::1 1 2",
          "TCP6 [2001:db8::1] ::1 1 2",
          "TCP6 2001:db8:::1 ::1 1 2",
          "TCP4 192.0.2.1 192.0.2.2\r1 2",
        }) {
      all.put("text " + words, ProxyHeaders.text(words));
    }
    all.put("a bare LF", "PROXY UNKNOWN\n".getBytes(ISO_8859_1));
    all.put("too long a line", ("PROXY UNKNOWN " + "x".repeat(94)).getBytes(ISO_8859_1));
    all.put("small letters", "proxy UNKNOWN\r\n".getBytes(ISO_8859_1));
    all.put("a request", "POST /v1 HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1));
    all.put("a request behind empty lines", "\r\n\r\nGET / HTTP/1.1\r\n".getBytes(ISO_8859_1));
    all.put("TLS", new byte[] {0x16, 3, 1, 2, 0, 1});
    all.put("zeros", new byte[64]);
    all.put("version 1 in binary", ProxyHeaders.binary(0x11, 0x11, new byte[12]));
    all.put("version 3", ProxyHeaders.binary(0x31, 0x11, new byte[12]));
    all.put("an unknown command", ProxyHeaders.binary(0x22, 0x11, new byte[12]));
    all.put("an unknown family", ProxyHeaders.binary(0x21, 0x41, new byte[12]));
    all.put("an unknown transport", ProxyHeaders.binary(0x21, 0x13, new byte[12]));
    all.put("a short address", ProxyHeaders.binary(0x21, 0x11, new byte[11]));
    all.put("a short address of IPv6", ProxyHeaders.binary(0x21, 0x21, new byte[35]));
    all.put("no address", ProxyHeaders.binary(0x21, 0x11, new byte[0]));
    all.put("too long", ProxyHeaders.binary(0x21, 0x11, 4097, new byte[0]));
    all.put("the longest", ProxyHeaders.binary(0x20, 0, 65535, new byte[0]));
    return all;
  }

  static Stream<Arguments> hostile() {
    return malformed().entrySet().stream()
        .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  @Rule(value = "What is no PROXY header is known for it at once", source = SOURCE)
  void refusesWhatIsNone(String what, byte[] bytes) {
    assertEquals(
        ProxyHeader.State.MALFORMED, new ProxyHeader().read(Unpooled.wrappedBuffer(bytes)), what);
    ProxyHeader slowly = new ProxyHeader();
    ProxyHeader.State state = ProxyHeader.State.READING;
    for (int i = 0; i < bytes.length && state == ProxyHeader.State.READING; i++) {
      state = slowly.read(Unpooled.wrappedBuffer(bytes, i, 1));
    }
    assertEquals(ProxyHeader.State.MALFORMED, state, what);
  }

  @Test
  @Rule(value = "What is no PROXY header is known for it at once", source = SOURCE)
  void refusesTheFirstByteThatDiffers() {
    for (byte[] header :
        new byte[][] {ProxyHeaders.text("UNKNOWN"), ProxyHeaders.binary(0x20, 0, new byte[0])}) {
      for (int at = 0; at < (header[0] == 'P' ? 6 : 12); at++) {
        byte[] other = header.clone();
        other[at] ^= 0x20;
        ProxyHeader read = new ProxyHeader();
        ByteBuf bytes = Unpooled.wrappedBuffer(other);
        assertEquals(ProxyHeader.State.MALFORMED, read.read(bytes));
        assertEquals(at + 1, bytes.readerIndex());
      }
    }
  }
}
