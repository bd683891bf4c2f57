package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Rule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The one door to what a request says: by its path, its type and its coding. */
class RequestTapTest {
  private static final String PATH = "/v1/responses";
  private static final String JSON = "application/json";
  private static final String BODY =
      "{\"input\":[{\"encrypted_content\":\"x\"}],\"model\":\"m-1\",\"stream\":true,\"x\":\""
          + "lorem ipsum ".repeat(40)
          + "\"}";

  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(true);

  @AfterEach
  void nothingIsHeld() {
    assertEquals(0, held());
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void readsAnEncodedBodyAtEveryCut(Coding coding) {
    byte[] body = coding.encode(BODY.getBytes(UTF_8));
    for (int cut = 0; cut <= body.length; cut++) {
      try (RequestTap tap = new RequestTap(PATH, JSON, coding.token(), true, alloc)) {
        feed(tap, body, 0, cut);
        feed(tap, body, cut, body.length);
        assertEquals("m-1", tap.model());
        assertTrue(tap.modelKnown());
        assertTrue(tap.stateful());
        assertEquals(new RequestReading("m-1", true, null, null), tap.reading());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void readsAnEncodedBodyByteByByteAndSplicesNothingIntoIt(Coding coding) {
    byte[] body = coding.encode(BODY.getBytes(UTF_8));
    try (RequestTap tap = new RequestTap(PATH, JSON, coding.token(), true, alloc)) {
      for (int i = 0; i < body.length; i++) {
        feed(tap, body, i, i + 1);
      }
      assertEquals("m-1", tap.model());
      assertNull(tap.modelSplice("other"));
      assertNull(tap.usageSplice());
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void readsAnEncodedForm(Coding coding) {
    String form = "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm-1\r\n--B--\r\n";
    byte[] body = coding.encode(form.getBytes(UTF_8));
    String type = "multipart/form-data; boundary=B";
    try (RequestTap tap = new RequestTap("/v1/audio/x", type, coding.token(), true, alloc)) {
      feed(tap, body, 0, body.length);
      assertEquals("m-1", tap.model());
      assertEquals(0, tap.heldBytes(), "its end lets the codec go");
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  @Rule(
      value = "An encoded body costs at most a hundred times the work of its bytes, and 64 MiB.",
      source = "Tailtap, fourth promise: everything has a limit")
  void givesUpABombInBoundedMemory(Coding coding) {
    byte[] open = "{\"x\":\"".getBytes(UTF_8);
    byte[] plain = new byte[16 << 20];
    Arrays.fill(plain, (byte) 'x');
    System.arraycopy(open, 0, plain, 0, open.length);
    byte[] body = coding.encode(plain);
    try (RequestTap tap = new RequestTap(PATH, JSON, coding.token(), true, alloc)) {
      long most = 0;
      for (int i = 0; i < body.length; i += 1024) {
        feed(tap, body, i, Math.min(i + 1024, body.length));
        most = Math.max(most, held());
      }
      assertTrue(tap.modelKnown(), "no more of it is read");
      assertNull(tap.model());
      assertEquals(0, tap.heldBytes());
      long held = most;
      assertTrue(held <= 1 << 18, () -> held + " bytes held");
    }
  }

  @Test
  void givesUpWhatDecodesToMoreThan64MiBThoughEachPartIsModest() {
    byte[] plain = new byte[66 << 20];
    Random random = new Random(1);
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) (i % 4096 < 128 ? 'a' + random.nextInt(16) : 'x');
    }
    System.arraycopy("{\"x\":\"".getBytes(UTF_8), 0, plain, 0, 6);
    byte[] body = Coding.GZIP.encode(plain);
    try (RequestTap tap = new RequestTap(PATH, JSON, "gzip", true, alloc)) {
      int read = 0;
      for (; read < body.length && !tap.modelKnown(); read += 1024) {
        feed(tap, body, read, Math.min(read + 1024, body.length));
      }
      double share = (double) read / body.length;
      assertTrue(share > 0.95 && share < 0.99, () -> share + " of it read");
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void letsTheCodecGoOnceTheBodyIsNoJson(Coding coding) {
    byte[] body = coding.encode(("[" + "1,".repeat(50_000)).getBytes(UTF_8));
    try (RequestTap tap = new RequestTap(PATH, JSON, coding.token(), true, alloc)) {
      feed(tap, body, 0, body.length);
      assertEquals(0, tap.heldBytes());
      assertTrue(tap.modelKnown());
      assertNull(tap.model());
      assertSame(RequestReading.NONE, tap.reading());
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void neverThrowsOnADamagedCoding(Coding coding) {
    byte[] whole = coding.encode(BODY.getBytes(UTF_8));
    Random random = new Random(3);
    for (int round = 0; round < 2000; round++) {
      byte[] body = whole.clone();
      for (int i = 0; i <= random.nextInt(4); i++) {
        body[random.nextInt(body.length)] = (byte) random.nextInt();
      }
      int cut = random.nextInt(body.length);
      try (RequestTap tap = new RequestTap(PATH, JSON, coding.token(), true, alloc)) {
        feed(tap, body, 0, cut);
        feed(tap, body, cut, body.length);
        tap.reading();
      }
      assertEquals(0, held());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip, gzip", "compress", "x", "identity, gzip"})
  void readsNothingOfAnUnknownCoding(String encoding) {
    try (RequestTap tap = new RequestTap(PATH, JSON, encoding, true, alloc)) {
      assertTrue(tap.modelKnown());
      feed(tap, BODY.getBytes(UTF_8), 0, 50);
      assertNull(tap.model());
      assertNull(tap.reading());
      assertFalse(tap.stateful());
      assertNull(tap.modelSplice("x"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "Identity ", ""})
  void readsPlainJsonOfAnyOtherType(String encoding) {
    for (String type : new String[] {JSON, "text/plain", "application/x-www-form-urlencoded"}) {
      try (RequestTap tap = new RequestTap(PATH, type, encoding, true, alloc)) {
        feed(tap, BODY.getBytes(UTF_8), 0, BODY.length());
        assertEquals("m-1", tap.model());
        assertNotNull(tap.modelSplice("other"));
        assertNotNull(tap.usageSplice());
        assertEquals(0, tap.heldBytes());
      }
    }
  }

  @Test
  void goesByThePathWhereItNamesTheModel() {
    String path = "/openai/deployments/d-1/chat/completions";
    try (RequestTap tap = new RequestTap(path, null, null, true, alloc)) {
      assertTrue(tap.modelKnown());
      assertEquals("d-1", tap.model());
      feed(tap, BODY.getBytes(UTF_8), 0, BODY.length());
      assertEquals("d-1", tap.model());
      assertEquals("m-1", tap.reading().model());
      assertNull(tap.modelSplice("other"), "it would not change which model is asked for");
      assertNotNull(tap.usageSplice());
    }
  }

  @Test
  void noticesASecondModelInAnyFormat() {
    String[] types = {JSON, "multipart/form-data; boundary=B"};
    String part = "--B\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n";
    String[] bodies = {"{\"model\":\"m\",\"model\":\"m\"}", part + part + "--B--"};
    for (int i = 0; i < types.length; i++) {
      try (RequestTap tap = new RequestTap(PATH, types[i], null, true, alloc)) {
        feed(tap, bodies[i].getBytes(UTF_8), 0, bodies[i].length());
        assertTrue(tap.modelTwice());
      }
    }
  }

  private void feed(RequestTap tap, byte[] body, int from, int to) {
    ByteBuf part = Unpooled.buffer().writeZero(3).writeBytes(body, from, to - from).readerIndex(3);
    tap.feed(part);
    assertEquals(to - from, part.readableBytes());
    assertEquals(1, part.refCnt());
    part.release();
  }

  private long held() {
    return alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory();
  }
}
