package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Rule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The model of a form, whatever its boundary, the order of its fields and the cuts. */
class MultipartModelTest {
  private static final int ROUNDS = 5 * Integer.getInteger("tailtap.fuzz.rounds", 60);
  private static final String TYPE = "multipart/form-data; boundary=";
  private static final String MODEL = "Content-Disposition: form-data; name=\"model\"\r\n\r\n";
  private static final String FILE =
      "Content-Disposition: form-data; name=\"file\"; filename=\"a;name=model\\\".mp3\"\r\n"
          + "Content-Type: audio/mpeg\r\n\r\n";

  @Test
  void readsNothingBehindWhatCouldBeJson() {
    String form = "--x\r\n" + MODEL + "fast\r\n--x--";
    for (String before : new String[] {"{\"model\":\"slow\"}\r\n", "\r\n {}\r\n", "a{\r\n"}) {
      MultipartModel scan = new MultipartModel(TYPE + "x");
      scan.feed(Unpooled.copiedBuffer(before + form, UTF_8));
      assertNull(scan.model(), before);
      assertTrue(scan.isOver());
    }
  }

  @Test
  void readsTheModelAtEveryCut() {
    String form = form("B", FILE + "\r\n\r\n--\r\r\n--A\0", MODEL + "whisper-é", FILE + "x");
    byte[] body = form.getBytes(UTF_8);
    int end = form.indexOf("é") + 2 + "\r\n--B".length();
    for (int cut = 0; cut <= body.length; cut++) {
      MultipartModel scan = new MultipartModel(TYPE + "B");
      scan.feed(Unpooled.wrappedBuffer(body, 0, cut));
      assertEquals(cut >= end, scan.modelKnown(), "cut at " + cut);
      scan.feed(Unpooled.wrappedBuffer(body, cut, body.length - cut));
      assertEquals("whisper-é", scan.model());
      assertFalse(scan.modelTwice());
      assertTrue(scan.isOver());
    }
  }

  @Test
  void readsOfAnyFormWhatNettysDecoderReads() throws IOException {
    Random random = new Random(1);
    int found = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String boundary = boundary(random);
      String type = TYPE + (random.nextBoolean() ? '"' + boundary + '"' : boundary);
      byte[] body = form(boundary, parts(random)).getBytes(ISO_8859_1);
      MultipartModel scan = new MultipartModel(type);
      for (int i = 0; i < body.length; ) {
        int bytes = Math.min(1 + random.nextInt(50), body.length - i);
        scan.feed(Unpooled.wrappedBuffer(body, i, bytes));
        i += bytes;
      }
      List<String> wanted = decoded(type, body);
      String shown = new String(body, ISO_8859_1);
      assertEquals(wanted.isEmpty() ? null : wanted.get(wanted.size() - 1), scan.model(), shown);
      assertEquals(wanted.size() > 1, scan.modelTwice(), shown);
      found += wanted.size();
    }
    assertTrue(found > ROUNDS / 4, found + " models");
  }

  @Test
  void neverThrowsOnDamagedForms() {
    Random random = new Random(2);
    for (int round = 0; round < 10 * ROUNDS; round++) {
      String boundary = boundary(random);
      byte[] body = form(boundary, parts(random)).getBytes(ISO_8859_1);
      for (int i = 0; i <= random.nextInt(6); i++) {
        body[random.nextInt(body.length)] = (byte) "\r\n-: \"\0x".charAt(random.nextInt(8));
      }
      MultipartModel scan = new MultipartModel(TYPE + boundary);
      ByteBuf buf = Unpooled.wrappedBuffer(body);
      scan.feed(buf);
      assertEquals(body.length, buf.readableBytes());
      assertTrue(scan.model() == null || scan.model().length() <= 257);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Disposition: form-data; name=model\r\n\r\nm",
        "content-disposition:form-data;NAME=\"model\"\r\n\r\nm",
        "Content-Type: text/plain\r\nContent-Disposition: form-data; name=\"mod\\el\"\r\n\r\nm",
        "Content-Disposition: form-data; filename=\"a\\\";x=\"; name=\"model\"\r\n\r\nm",
        "Content-Transfer-Encoding: 8bit\r\n" + MODEL + "m",
      })
  void readsTheNameAsHeadersAreWritten(String part) {
    assertEquals("m", read(TYPE + "B", form("B", part)).model());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Disposition: form-data; name=\"Model\"\r\n\r\nm",
        "Content-Disposition: form-data; name=\"a\"; name=\"model\"\r\n\r\nm",
        "Content-Disposition: form-data; name=\"a\"; name*=utf-8''model\r\n\r\nm",
        "Content-Disposition: form-data; name=\"a\"\r\n; name=\"model\"\r\n\r\nm",
        "Content-Disposition: form-data; name=\"a\"\r\n" + MODEL + "m",
        "Content-Disposition: form-data; filename=\"model\"\r\n\r\nm",
        "X: y\n" + MODEL + "m",
        "X: y\0\r\n" + MODEL + "m",
        " x: y\r\n" + MODEL + "m",
        "Content-Transfer-Encoding: base64\r\n" + MODEL + "bQ==",
        "\r\n" + MODEL + "m",
        MODEL + "m\n--B\n",
      })
  void readsNoModelWhereReadersMayDiffer(String part) {
    String form = form("B", part);
    String cut = form.substring(0, form.length() - "\r\n--B--\r\n".length());
    assertNull(read(TYPE + "B", part.endsWith("\n") ? cut : form).model());
  }

  @Test
  void readsNoFurtherWhereABoundaryGoesOn() {
    String form = form("B", FILE + "x\r\n--Bx\r\n" + MODEL + "m", MODEL + "n");
    MultipartModel scan = read(TYPE + "B", form);
    assertNull(scan.model());
    assertTrue(scan.isOver());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"B \"",
        "multipart/form-data; boundary=\"B\u00e9\"",
        "multipart/form-data; boundary=\"B\r\nC\"",
        "multipart/form-data; boundary=\"B",
        "multipart/form-data; boundary=B; boundary=C",
        "multipart/form-data; boundary=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
            + "BBBBBBBB",
      })
  void readsNothingWithoutAGoodBoundary(String type) {
    assertTrue(MultipartModel.reads(type));
    MultipartModel scan = read(type, form("B", MODEL + "m"));
    assertTrue(scan.isOver());
    assertNull(scan.model());
  }

  @Test
  void isForWhateverHasParts() {
    assertTrue(MultipartModel.reads("Multipart/Form-Data ; boundary=x"));
    assertTrue(MultipartModel.reads("multipart/mixed; boundary=x"));
    assertFalse(MultipartModel.reads("application/json"));
  }

  @Test
  @Rule(
      value = "A form's model is read in its first 64 KiB, and less than 4 are held of it.",
      source = "Tailtap, fourth promise: everything has a limit")
  void readsTheFirst64KiB() {
    String large = FILE + "\r\n-".repeat(10_000);
    assertEquals("m", read(TYPE + "B", form("B", large, MODEL + "m")).model());
    MultipartModel scan = read(TYPE + "B", form("B", large, large, large, MODEL + "m"));
    assertNull(scan.model());
    assertTrue(scan.isOver());
    String name = read(TYPE + "B", form("B", MODEL + "é".repeat(9000))).model();
    assertEquals("é".repeat(256), name);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 21_700, 60_000, 65_536, 200_000})
  void noticesASecondModelHoweverFarBehind(int bytes) {
    String file = FILE + "x".repeat(bytes);
    MultipartModel scan = read(TYPE + "B", form("B", MODEL + "m", file, MODEL + "n"));
    assertTrue(scan.modelTwice());
    String alike = MODEL.replace("model", " Model_ID");
    assertTrue(read(TYPE + "B", form("B", MODEL + "m", file, alike + "n")).modelTwice());
    assertFalse(read(TYPE + "B", form("B", MODEL + "m", file)).modelTwice());
  }

  @Test
  void isWholeOnlyWhereItEndsAsAFormDoes() {
    assertTrue(read(TYPE + "B", form("B", FILE + "x", MODEL + "m")).isWhole());
    assertTrue(read(TYPE + "B", form("B", MODEL + "m", FILE + "x".repeat(200_000))).isWhole());
    String form = form("B", MODEL + "m");
    assertFalse(read(TYPE + "B", form.substring(0, form.length() - 3)).isWhole());
    assertFalse(read(TYPE + "B", form("B", MODEL + "m", "X: y\n" + MODEL + "n")).isWhole());
  }

  private static MultipartModel read(String type, String form) {
    MultipartModel scan = new MultipartModel(type);
    byte[] body = form.getBytes(UTF_8);
    for (int i = 0; i < body.length; i += 777) {
      scan.feed(Unpooled.wrappedBuffer(body, i, Math.min(777, body.length - i)));
    }
    return scan;
  }

  private static String form(String boundary, String... parts) {
    StringBuilder form = new StringBuilder();
    for (String part : parts) {
      form.append("--").append(boundary).append("\r\n").append(part).append("\r\n");
    }
    return form.append("--").append(boundary).append("--\r\n").toString();
  }

  private static String boundary(Random random) {
    String[] some = {"B", "----WebKitFormBoundaryAbCdEf0123", "--", "-", "0'()+_,-.9", "a--"};
    return some[random.nextInt(some.length)];
  }

  private static String[] parts(Random random) {
    String[] contents = {
      "", "m-1", "\r\n", "\r", "\n--", "\r\n-", "\r\r\n--", "--", "\0\u00ff", "x y"
    };
    List<String> parts = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(4); i++) {
      boolean model = random.nextInt(3) == 0;
      StringBuilder part = new StringBuilder(model ? MODEL : FILE);
      part.append(model ? "m" : "f");
      for (int j = 0; j < random.nextInt(6); j++) {
        String content = contents[random.nextInt(contents.length)];
        part.append(model ? content.replaceAll("[^a-z0-9-]", "") : content);
      }
      if (part.indexOf("\r\n--") < 0) {
        parts.add(part.append('.').toString());
      }
    }
    return parts.toArray(new String[0]);
  }

  private static List<String> decoded(String type, byte[] body) throws IOException {
    FullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, "/", Unpooled.wrappedBuffer(body));
    request.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    HttpPostMultipartRequestDecoder decoder =
        new HttpPostMultipartRequestDecoder(new DefaultHttpDataFactory(false), request);
    List<String> models = new ArrayList<>();
    for (InterfaceHttpData data :
        decoder.getBodyHttpDatas("model") == null
            ? List.<InterfaceHttpData>of()
            : decoder.getBodyHttpDatas("model")) {
      models.add(((Attribute) data).getValue());
    }
    decoder.destroy();
    request.release();
    return models;
  }
}
