package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tailtap.rig.Rule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a body names its model, that it names only one, and whether it refers to state. */
class RequestModelTest {
  private static final String BODY =
      " {\"x\":[{\"model\":\"no\"}], \"mod\\u0065l\" : \"a\\\"\\u00e9é\\\\\",\"stream\":true} ";

  @Test
  void knowsTheModelFromItsLastByteOnAtEveryCut() {
    byte[] body = BODY.getBytes(UTF_8);
    int end = BODY.substring(0, BODY.indexOf(",\"stream")).getBytes(UTF_8).length;
    for (int cut = 0; cut <= body.length; cut++) {
      RequestScanner scan = new RequestScanner(true);
      scan.feed(Unpooled.wrappedBuffer(body, 0, cut));
      assertEquals(cut >= end, scan.modelKnown(), "cut at " + cut);
      assertEquals(cut >= end ? "a\"éé\\" : null, scan.model());
      scan.feed(Unpooled.wrappedBuffer(body, cut, body.length - cut));
      assertEquals(BODY.replace("\"a\\\"\\u00e9é\\\\\"", "\"b\""), renamed(scan, BODY, "b"));
    }
  }

  @Test
  void exchangesTheModelAndAsksForUsageInOneBodyTheLaterPlaceFirst() {
    for (String body :
        new String[] {
          "{\"model\":\"a\",\"stream\":true}",
          "{\"stream\":true,\"model\":\"a\",\"stream_options\":{}}",
          "\uFEFF{\"stream_options\":null,\"stream\":true,\"model\":\"a\"}"
        }) {
      RequestScanner scan = scan(body);
      RequestScanner.Splice model = scan.modelSplice("bcd");
      RequestScanner.Splice usage = scan.splice();
      boolean modelLast = model.at() > usage.at();
      String once = spliced(modelLast ? model : usage, body);
      String twice = spliced(modelLast ? usage : model, once);
      JacksonRequest read = new JacksonRequest(twice.getBytes(UTF_8));
      assertEquals(new RequestReading("bcd", true, true, null), read.reading(), twice);
      assertTrue(read.isWellFormed());
    }
  }

  @Test
  void writesAnyNameAsPrintableAscii() {
    String name = "a/b:c \"\\\n\0\u007f é漢😀\ud800";
    String renamed = renamed(scan("{\"model\":\"a\"}"), "{\"model\":\"a\"}", name);
    assertTrue(renamed.chars().allMatch(c -> c >= ' ' && c < 0x7F), renamed);
    String read = new JacksonRequest(renamed.getBytes(UTF_8)).reading().model();
    assertEquals(name.replace('\0', '\uFFFD').replace('\ud800', '\uFFFD'), read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"a\",\"model\":\"a\"}",
        "{\"model\":\"a\",\"mod\\u0065l\":\"b\"",
        "{\"model\":null,\"model\":\"b\"}",
        "{\"model\":\"a\",\"x\":[{}],\"model\":{",
        "{\"\\u006dodel\":1,\"model\":\"",
        "{\"model\":\"a\",\"Mod\\u0045L\":\"b\"}",
        "{\"model_id\":\"b\",\"model\":\"a\"}",
        "{\"model\":\"a\",\"modelId\":\"b\"}",
      })
  @Rule(
      value = "A body with two members \"model\" has no model that could be exchanged.",
      source = "RFC 8259 section 4: of two equal names readers take the one or the other")
  void noticesASecondModel(String body) {
    RequestScanner scan = scan(body);
    assertTrue(scan.modelTwice());
    assertNull(scan.modelSplice("c"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"model\":7}",
        "{\"model\":null}",
        "{\"model\":[\"a\"]}",
        "{\"model\":\"a",
        "{\"model\":\"a\\",
        "{\"Model\":\"a\"}",
        "{\"model \":\"a\"}",
        "{\"x\":{\"model\":\"a\"}}",
        "{\"stream_options\":{\"model\":\"a\"}}",
        "[{\"model\":\"a\"}]",
        "{\"x\":tru,\"model\":\"a\"}",
        "{'model':'a'}",
        "{\"model\":\"\u0001\"}",
      })
  void knowsNoModelWhereNoneIsNamedAtTheTop(String body) {
    RequestScanner scan = scan(body);
    assertFalse(scan.modelKnown());
    assertNull(scan.model());
    assertNull(scan.modelSplice("b"));
    assertFalse(scan.modelTwice());
  }

  @Test
  void readsNothingFurtherOfAnotherCharset() {
    RequestScanner scan = new RequestScanner(true);
    scan.feed(Unpooled.wrappedBuffer("{\"model\":\"a\"}".getBytes(UTF_16LE)));
    assertTrue(scan.isOver());
    assertFalse(scan.modelKnown());
  }

  @Test
  void findsAModelBehindMuchAndReadsALongOneInPart() {
    String much = "[".repeat(400) + "\"" + "é\\n".repeat(500_000) + "\"" + "]".repeat(400);
    String body = "{\"input\":" + much + ",\"model\":\"" + "x".repeat(100_000) + "\"}";
    RequestScanner scan = scan(body);
    assertEquals("x".repeat(256), scan.model());
    assertEquals("{\"input\":" + much + ",\"model\":\"m\"}", renamed(scan, body, "m"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"previous_response_id\":\"resp_1\"}",
        "{\"previous_response\\u005fid\":\"resp_1\"",
        "{\"conversation\":\"conv_1\"}",
        "{\"conversation\":{\"id\":\"conv_1\"}}",
        "{\"cachedContent\":\"cachedContents/1\"}",
        "{\"cached_content\":\"cachedContents/1\"}",
        "{\"input\":[{\"encrypted_content\":\"x\"}]}",
        "{\"input\":[{\"encrypted\\u005Fcontent\" \n: \"x\"}]}",
        "{\"input\":[{\"encrypted_content\":null},{\"a\":[[{\"encrypted_content\":\"x\"}]]}]}",
        "{\"input\":{\"encrypted_content\":{}}}",
        "{\"input\":[\"encrypted_content\",{\"b\":\"encrypted_content\",\"encrypted_content\":0",
      })
  void knowsWhatRefersToStateOfOneAccountAtEveryCut(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      RequestScanner scan = new RequestScanner(true);
      scan.feed(Unpooled.wrappedBuffer(bytes, 0, cut));
      scan.feed(Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut));
      assertTrue(scan.stateful(), "cut at " + cut);
    }
    assertFalse(scan(body.substring(0, 10)).stateful());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"previous_response_id\":null,\"conversation\":null,\"cachedContent\": null}",
        "{\"x\":{\"previous_response_id\":\"r\",\"conversation\":\"c\"}}",
        "{\"stream_options\":{\"conversation\":\"c\",\"input\":[{\"encrypted_content\":\"x\"}]}}",
        "{\"input\":[{\"encrypted_content\":null,\"x\":\"encrypted_content\"},\"encrypted_content\"]}",
        "{\"input\":[{\"encrypted_content_\":\"x\",\"a\":\"\\\"encrypted_content\\\":1\"}]}",
        "{\"input\":\"encrypted_content\",\"encrypted_content\":\"x\"}",
        "{\"input\":[],\"messages\":[{\"encrypted_content\":\"x\"}]}",
        "{\"include\":[\"reasoning.encrypted_content\"],\"input\":[{\"file_id\":\"file-1\"}]}",
      })
  void takesNothingElseForState(String body) {
    RequestScanner scan = scan(body);
    assertFalse(scan.stateful());
    assertFalse(scan.isOver());
  }

  @Test
  void holdsLessThan4KiBWhateverComes() {
    String text = "\\u0061".repeat(5000);
    String models = "{\"model\":\"%s\",\"model\":\"%s\",".formatted(text, text);
    String items = "\"%s\":1,\"input\":[\"%s\",{\"%s\":".formatted(text, text, text);
    ByteBuf body = Unpooled.wrappedBuffer((models + items).getBytes(UTF_8));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      new RequestScanner(true).feed(body);
      long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      bytes = Math.min(bytes, after - before);
    }
    long least = bytes;
    assertTrue(least < 4096, () -> least + " bytes");
  }

  private static RequestScanner scan(String body) {
    RequestScanner scan = new RequestScanner(true);
    byte[] bytes = body.getBytes(UTF_8);
    for (int i = 0; i < bytes.length; i += 1000) {
      scan.feed(
          Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, i, Math.min(i + 1000, bytes.length))));
    }
    return scan;
  }

  private static String renamed(RequestScanner scan, String body, String model) {
    return spliced(scan.modelSplice(model), body);
  }

  private static String spliced(RequestScanner.Splice splice, String body) {
    ByteBuf whole = Unpooled.wrappedBuffer(body.getBytes(UTF_8));
    ByteBuf spliced = Spliced.body(splice, whole, UnpooledByteBufAllocator.DEFAULT);
    String text = spliced.toString(UTF_8);
    spliced.release();
    return text;
  }
}
