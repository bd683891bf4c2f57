package dev.tailtap.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyTest {
  private final Reply reply = new Reply();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+OK\r\n",
        "-ERR no\r\n",
        ":-12\r\n",
        "$2\r\n\r\n\r\n",
        "$-1\r\n",
        "*0\r\n",
        "*2\r\n:1\r\n:20\r\n"
      })
  void aReplyIsReadOnceItIsAllThere(String text) throws Exception {
    for (int length = 0; length < text.length(); length++) {
      ByteBuf part = Unpooled.copiedBuffer(text.substring(0, length), US_ASCII);
      assertFalse(reply.read(part), text.substring(0, length));
      assertEquals(0, part.readerIndex());
    }
    ByteBuf whole = Unpooled.copiedBuffer(text + "+", US_ASCII);
    assertTrue(reply.read(whole));
    assertEquals(1, whole.readableBytes());
  }

  @Test
  void numbersAndErrorsAreTold() throws Exception {
    ByteBuf in =
        Unpooled.copiedBuffer("*3\r\n:0\r\n:7\r\n:-9007199254740993\r\n-OOM x\r\n", US_ASCII);
    assertTrue(reply.read(in));
    assertEquals(3, reply.count());
    assertEquals(-9007199254740993L, reply.number(2));
    assertNull(reply.error());
    assertTrue(reply.read(in));
    assertEquals("OOM x", reply.error());
    assertEquals(0, reply.count());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n",
        "*2\r\n+OK\r\n",
        "*99999\r\n",
        "*-1\r\n",
        "$5000\r\n",
        ":1x\r\n",
        ":\r\n",
        ":-\r\n",
        ":1234567890123456789\r\n",
        "+OK\n",
        "\n"
      })
  void whatIsNoReplyOfOursIsRefused(String text) {
    ByteBuf in = Unpooled.copiedBuffer(text, US_ASCII);
    assertThrows(Reply.NotUnderstoodException.class, () -> reply.read(in));
  }

  @Test
  void aLineWithoutEndIsRefused() {
    ByteBuf in = Unpooled.copiedBuffer("+" + "x".repeat(5_000), US_ASCII);
    assertThrows(Reply.NotUnderstoodException.class, () -> reply.read(in));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9, 10, -1, -10, 4711, Long.MAX_VALUE, Long.MIN_VALUE})
  void numbersAreWrittenAsTheyAre(long number) {
    ByteBuf out = Unpooled.buffer();
    Resp.bulk(out, number);
    String text = Long.toString(number);
    String expected = "$" + text.length() + "\r\n" + text + "\r\n";
    assertEquals(expected, new String(ByteBufUtil.getBytes(out), US_ASCII));
  }
}
