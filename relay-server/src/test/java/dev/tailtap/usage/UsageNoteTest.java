package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

/**
 * The evidence that a reading leaves: what kind of body it was, and of which kind its last frame.
 */
class UsageNoteTest {
  private static final String CONTENT = "data: {\"id\":\"a\",\"choices\":[{\"delta\":{}}]}\n\n";
  private static final String FINISH = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
  private static final String USAGE = "data: {\"usage\":{\"total_tokens\":1}}\n\n";

  @Test
  void namesTheKindOfTheLastEventAtEveryCut() {
    assertLast("none", "");
    assertLast("none", ": nothing yet\n\n");
    assertLast("content", CONTENT);
    assertLast("content", CONTENT.repeat(20));
    assertLast("content", USAGE + CONTENT);
    assertLast("finish", CONTENT + FINISH);
    assertLast("usage", CONTENT + FINISH + USAGE);
    assertLast("done", CONTENT + FINISH + "data: [DONE]\n\n");
    assertLast("done", CONTENT + FINISH + USAGE + "data: [DONE]\n\n");
    assertLast("error", CONTENT + "data: {\"error\":{\"message\":\"x\"}}\n\n");
    assertLast("error", CONTENT + "event: error\ndata: {}\n\n");
    assertLast("other", "data: {\"result\":1}\n\n".repeat(20));
  }

  @Test
  void countsAFrameThatFollowsTheClosingOneAsTheEnd() {
    String closing = "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},";
    String stop = "data: {\"type\":\"message_stop\"}\n\n";
    String start = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n";
    String stream = start + closing + "\"usage\":{\"output_tokens\":2}}\n\n" + stop;
    Tap tap =
        new Tap(
            Dialect.ANTHROPIC, BodyKind.EVENT_STREAM, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
    payload(tap, stream);
    assertEquals("body=event-stream last=done", tap.finish(true).note());
  }

  @Test
  void namesBodyAndCodingInWordsOfItsOwn() {
    assertEquals(
        "body=json last=usage", note(BodyKind.JSON, null, "{\"usage\":{\"total_tokens\":1}}"));
    assertEquals("body=json last=other", note(BodyKind.JSON, "identity", "{\"data\":[]}"));
    assertEquals("body=json encoding=unknown last=none", note(BodyKind.JSON, "compress; x", "?"));
    assertEquals("body=json encoding=several last=none", note(BodyKind.JSON, "gzip, br", "?"));
    assertEquals("body=json encoding=gzip last=none", note(BodyKind.JSON, "GZIP", ""));
    assertEquals("body=opaque last=none", note(BodyKind.OPAQUE, null, "{}"));
  }

  private static void assertLast(String kind, String stream) {
    byte[] body = stream.getBytes(UTF_8);
    for (int cut = 0; cut <= body.length; cut += 1 + body.length / 300) {
      Tap tap =
          new Tap(
              Dialect.OPENAI_CHAT, BodyKind.EVENT_STREAM, UnpooledByteBufAllocator.DEFAULT, 4096);
      payload(tap, stream.substring(0, cut));
      payload(tap, stream.substring(cut));
      assertEquals("body=event-stream last=" + kind, tap.finish(true).note(), "cut at " + cut);
    }
  }

  private static String note(BodyKind kind, String encoding, String body) {
    Tap tap = new Tap(Dialect.UNKNOWN, kind, encoding, UnpooledByteBufAllocator.DEFAULT, 4096);
    payload(tap, body);
    return tap.finish(true).note();
  }

  private static void payload(Tap tap, String text) {
    ByteBuf buf = Unpooled.copiedBuffer(text, UTF_8);
    tap.payload(buf, 0, buf.writerIndex());
    buf.release();
  }
}
