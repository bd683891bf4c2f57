package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wish for usage is added exactly where the client said nothing, and nothing else changes. */
class UsageAskingTest {

  @Test
  void asksWhereTheClientSaidNothing() {
    assertEquals(
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"m\",\"stream\":true}",
        ask("{\"model\":\"m\",\"stream\":true}"));
  }

  @Test
  void mergesWithTheClientsOptions() {
    assertEquals(
        "{\"stream\":true,\"stream_options\":{\"include_usage\":true, \"include_obfuscation\":false}}",
        ask("{\"stream\":true,\"stream_options\":{ \"include_obfuscation\":false}}"));
  }

  @Test
  void fillsEmptyOptions() {
    assertEquals(
        "{\"stream_options\" : {\"include_usage\":true }, \"stream\" : true}",
        ask("{\"stream_options\" : { }, \"stream\" : true}"));
  }

  @Test
  void replacesOptionsThatAreNull() {
    assertEquals(
        "{\"stream_options\": {\"include_usage\":true} ,\"stream\":true}",
        ask("{\"stream_options\": null ,\"stream\":true}"));
  }

  @Test
  void keepsEveryOtherByte() {
    String head = "\uFEFF \r\n\t{";
    String tail =
        " \"n\" : 1E400, \"big\":123456789012345678901234567890.10, \"s\":\"\\ud800 é 漢 😀 \\/\","
            + "\r\n\"stream\"\t:\ttrue , \"a\":[1 ,[ ],{\"stream\":false}] } \r\n";
    assertEquals(head + "\"stream_options\":{\"include_usage\":true}," + tail, ask(head + tail));
  }

  @Test
  void findsOptionsBehindALargePrompt() {
    String prompt = "{\"messages\":[{\"content\":\"" + "é".repeat(100_000) + "\"}],";
    assertEquals(
        prompt + "\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
        ask(prompt + "\"stream\":true,\"stream_options\":{}}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "null",
        "[]",
        "\"stream\"",
        "{}",
        "{\"model\":\"m\"}",
        "{\"stream\":false}",
        "{\"stream\":\"true\"}",
        "{\"stream\":1}",
        "{\"stream\":null}",
        "{\"nested\":{\"stream\":true}}",
        "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
        "{\"stream\":true,\"stream_options\":{\"include_usage\":false}}",
        "{\"stream\":true,\"stream_options\":{\"include_usage\":null}}",
        "{\"stream\":true,\"stream_options\":{\"a\":{\"b\":[1]},\"include_usage\":false}}",
        "{\"stream\":true,\"stream_options\":[]}",
        "{\"stream\":true,\"stream_options\":true}",
        "{\"stream\":true,\"stream_options\":\"null\"}",
        "{\"stream\":true,\"stream\":true}",
        "{\"stream\":false,\"stream\":true}",
        "{\"stream\":true,\"stream_options\":{},\"stream_options\":{}}",
        "{\"stream\":true,\"stream_options\":null,\"stream_options\":{}}",
        "{\"stream\":true",
        "{\"stream\":true}}",
        "{\"stream\":true} {}",
        "{\"stream\":true,}",
        "{'stream':true}",
        "{\"stream\":True}",
        "data: {\"stream\":true}",
        "{\"stream\":true,\"x\":\"\u0001\"}",
      })
  void leavesAloneWhatIsNoStreamingRequestOrSpeaksForItself(String body) {
    assertNull(ask(body));
  }

  @Test
  void leavesAloneOtherEncodings() {
    assertNull(ask(Unpooled.wrappedBuffer("{\"stream\":true}".getBytes(UTF_16LE))));
    assertNull(ask(Unpooled.wrappedBuffer(new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'})));
  }

  @Test
  void leavesAloneWhatIsNestedTooDeepToRead() {
    assertNull(ask("{\"stream\":true,\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
  }

  @Test
  void readsFromTheReaderIndexOfAnyBuffer() {
    ByteBuf direct = Unpooled.directBuffer().writeBytes("xx{\"stream\":true}yy".getBytes(UTF_8));
    direct.readerIndex(2).writerIndex(direct.writerIndex() - 2);
    assertEquals("{\"stream_options\":{\"include_usage\":true},\"stream\":true}", ask(direct));
  }

  private static String ask(String body) {
    return ask(Unpooled.wrappedBuffer(body.getBytes(UTF_8)));
  }

  /** Asks, checks that the body was neither consumed nor released, and releases everything. */
  private static String ask(ByteBuf body) {
    int reader = body.readerIndex();
    int writer = body.writerIndex();
    RequestScanner scan = new RequestScanner(true);
    scan.feed(body);
    ByteBuf asked = Spliced.body(scan, body, UnpooledByteBufAllocator.DEFAULT);
    String text = asked == null ? null : asked.toString(UTF_8);
    if (asked != null) {
      asked.release();
    }
    assertEquals(reader, body.readerIndex());
    assertEquals(writer, body.writerIndex());
    assertEquals(1, body.refCnt());
    body.release();
    return text;
  }
}
