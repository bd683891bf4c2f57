package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Read along in parts, a request says what a parser reads of the whole, and the work on each part
 * is in proportion to it. More rounds with {@code -Dtailtap.fuzz.rounds=N}.
 */
class RequestScannerTest {
  private static final int ROUNDS = 50 * Integer.getInteger("tailtap.fuzz.rounds", 60);

  private static final String OPENING = "{\"model\":\"m\",\"stream\":true,\"messages\":";

  @Test
  void readsInPartsWhatAParserReadsOfTheWhole() {
    RequestBodies bodies = new RequestBodies(1);
    Random random = new Random(2);
    int asked = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] body = bodies.next();
      JacksonRequest wanted = new JacksonRequest(body);
      String shown = new String(body, UTF_8);
      RequestScanner scan = scan(body, random);
      String ask = ask(scan, body);
      if (wanted.isWellFormed()) {
        assertEquals(wanted.asked(), ask, shown);
        assertEquals(wanted.reading(), scan.reading(), shown);
        assertEquals(wanted.namesModelTwice(), scan.modelTwice(), shown);
        assertEquals(wanted.isStateful(), scan.stateful(), shown);
        assertEquals(wanted.withModel("\"\\u00e9\""), rename(scan, body, "é"), shown);
      } else if (ask != null) {
        assertFalse(new JacksonRequest(ask.getBytes(ISO_8859_1)).isWellFormed(), shown);
      }
      asked += ask == null ? 0 : 1;
    }
    assertTrue(asked > ROUNDS / 50, asked + " asked");
  }

  @Test
  void readsOfACutBodyWhatAParserReadsOfIt() {
    RequestBodies bodies = new RequestBodies(3);
    Random random = new Random(4);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] body = bodies.next();
      if (new JacksonRequest(body).isWellFormed()) {
        byte[] cut = Arrays.copyOf(body, random.nextInt(body.length));
        JacksonRequest wanted = new JacksonRequest(cut);
        RequestScanner scan = scan(cut, random);
        assertEquals(wanted.reading(), scan.reading(), () -> new String(cut, UTF_8));
        assertEquals(wanted.reading().model() != null, scan.modelKnown());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"mod\\u0065l\":\"m\",\"str\\u0065am\":true,\"n\":1}",
        "{\"stream\":true,\"stream_option\\u0073\":{},\"model\":\"m\"}",
        "{\"stream\":true,\"\\u0073\\u0074\\u0072\\u0065\\u0061\\u006d\\u005f\\u006f\\u0070\\u0074"
            + "\\u0069\\u006f\\u006e\\u0073\":null,\"model\":\"m\"}",
        "{\"stream\":true,\"stream_options\":{\"include\\u005Fusage\":false},\"model\":\"m\"}",
      })
  void namesAreTheSameHoweverTheyAreEscaped(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    JacksonRequest wanted = new JacksonRequest(bytes);
    RequestScanner scan = scan(bytes, new Random(5));
    assertEquals(wanted.reading(), scan.reading());
    assertEquals("m", scan.reading().model());
    assertEquals(wanted.asked(), ask(scan, bytes));
  }

  @Test
  void readsNothingMoreOfWhatIsNoObject() {
    RequestScanner scan = new RequestScanner(true);
    feed(scan, "--boundary\r\n");
    feed(scan, OPENING + "[]}");
    assertEquals(RequestReading.NONE, scan.reading());
    assertFalse(scan.mayAsk());
  }

  @Test
  void asksNothingOfABodyThatGoesOnAfterItsObject() {
    RequestScanner scan = new RequestScanner(true);
    feed(scan, OPENING + "[]}");
    assertTrue(scan.mayAsk());
    feed(scan, "{");
    assertFalse(scan.mayAsk());
  }

  /** The bound is loose: a build has other things to do. A parser took seconds. */
  @ParameterizedTest
  @ValueSource(
      strings = {"[{},{}],", "{\"a\":{\"b\":[1]}},", "\"\\n\\\"\\n\",", "1,", "\"é\",", " "})
  void workIsInProportionToAPart(String dense) {
    byte[] part = dense.repeat((64 << 10) / dense.length()).getBytes(UTF_8);
    ByteBuf buf = Unpooled.directBuffer(part.length).writeBytes(part);
    RequestScanner scan = new RequestScanner(true);
    feed(scan, OPENING + "[");
    long longest = Long.MAX_VALUE;
    for (int i = 0; i < 300; i++) {
      long start = System.nanoTime();
      scan.feed(buf);
      longest = Math.min(longest, System.nanoTime() - start);
    }
    buf.release();
    feed(scan, "0]}");
    assertTrue(scan.mayAsk());
    long least = longest;
    assertTrue(least < 2_000_000, () -> least + " ns for 64 KiB");
  }

  private static RequestScanner scan(byte[] body, Random random) {
    RequestScanner scan = new RequestScanner(true);
    int step = random.nextInt(4) == 0 ? 1 : 1 + random.nextInt(200);
    boolean direct = random.nextBoolean();
    for (int i = 0; i < body.length; ) {
      int bytes = Math.min(1 + random.nextInt(step), body.length - i);
      ByteBuf part = direct ? Unpooled.directBuffer() : Unpooled.buffer();
      part.writeZero(3).writeBytes(body, i, bytes).readerIndex(3);
      scan.feed(part);
      assertEquals(bytes, part.readableBytes());
      assertTrue(part.release());
      i += bytes;
    }
    return scan;
  }

  private static void feed(RequestScanner scan, String text) {
    scan.feed(Unpooled.wrappedBuffer(text.getBytes(UTF_8)));
  }

  private static String ask(RequestScanner scan, byte[] body) {
    assertTrue(scan.splice() == null || scan.mayAsk());
    return spliced(scan.splice(), body);
  }

  private static String rename(RequestScanner scan, byte[] body, String model) {
    return spliced(scan.modelSplice(model), body);
  }

  private static String spliced(RequestScanner.Splice splice, byte[] body) {
    ByteBuf whole = Unpooled.wrappedBuffer(body);
    ByteBuf asking = Spliced.body(splice, whole, UnpooledByteBufAllocator.DEFAULT);
    String text = asking == null ? null : asking.toString(ISO_8859_1);
    if (asking != null) {
      asking.release();
    }
    assertEquals(1, whole.refCnt());
    return text;
  }
}
