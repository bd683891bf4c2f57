package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Bedrock's binary streams, made here as Amazon documents them, cut at every byte. */
class AwsMessagesTest {

  @Test
  void readsAConverseStream() {
    ByteBuf stream =
        messages(
            message("event", "{\"role\":\"assistant\",\"p\":\"abc\"}"),
            message("event", "{\"delta\":{\"text\":\"x\"},\"contentBlockIndex\":0}"),
            message("event", "{\"stopReason\":\"end_turn\"}"),
            message(
                "event",
                "{\"metrics\":{\"latencyMs\":6},\"usage\":{\"inputTokens\":15,\"outputTokens\":9,"
                    + "\"cacheReadInputTokens\":100,\"cacheWriteInputTokens\":20,"
                    + "\"totalTokens\":144}}"));
    assertReads(stream, "final 135 9 144 100 20 - - end_turn - -", 4);
  }

  @Test
  void readsAModelsOwnEventsOutOfBase64() {
    ByteBuf stream =
        messages(
            wrapped(
                "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"c\","
                    + "\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}"),
            wrapped(
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                    + "\"usage\":{\"output_tokens\":5}}"),
            wrapped(
                "{\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":"
                    + "{\"inputTokenCount\":7,\"outputTokenCount\":4}}"));
    assertReads(stream, "final 7 4 11 - - - c end_turn msg_1 -", 3);
  }

  @Test
  void seesExceptions() {
    ByteBuf stream = messages(message("exception", "{\"message\":\"throttled\"}"));
    assertReads(stream, "absent - - - - - - - - - error", 1);
  }

  @Test
  void givesUpOnWhatIsNoMessage() {
    ByteBuf noise = Unpooled.wrappedBuffer("{\"usage\":{\"inputTokens\":15}}".getBytes(UTF_8));
    Tap tap = tap();
    tap.payload(noise, 0, noise.writerIndex());
    assertEquals(UsageState.UNREADABLE, tap.finish(true).state());
  }

  @Test
  void readsOnBehindAMessageLargerThanTheWindow() {
    ByteBuf stream =
        messages(
            message("event", "{\"x\":\"" + "y".repeat(200_000) + "\"}"),
            message("event", "{\"usage\":{\"inputTokens\":1,\"outputTokens\":2}}"));
    Tap tap = tap();
    tap.payload(stream, 0, stream.writerIndex());
    assertEquals(3, tap.finish(true).tokens().total());
  }

  private static void assertReads(ByteBuf stream, String expected, int frames) {
    for (int cut = 0; cut < stream.writerIndex(); cut++) {
      Tap tap = tap();
      tap.payload(stream, 0, cut);
      tap.payload(stream, cut, stream.writerIndex() - cut);
      UsageReading reading = tap.finish(true);
      assertEquals(expected, Fixture.of(reading, tap.sawError()), "cut at " + cut);
      assertEquals(frames, reading.frames());
    }
    assertTrue(stream.release());
  }

  private static Tap tap() {
    return new Tap(
        Dialect.BEDROCK, BodyKind.AWS_EVENT_STREAM, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
  }

  private static ByteBuf messages(ByteBuf... messages) {
    ByteBuf stream = Unpooled.buffer();
    for (ByteBuf message : messages) {
      stream.writeBytes(message);
      message.release();
    }
    return stream;
  }

  private static ByteBuf wrapped(String json) {
    String base64 = Base64.getEncoder().encodeToString(json.getBytes(UTF_8));
    return message("event", "{\"bytes\":\"" + base64 + "\",\"p\":\"abcdef\"}");
  }

  /** A prelude with its checksum, two headers, the payload and a checksum: all checksums zero. */
  private static ByteBuf message(String type, String payload) {
    ByteBuf headers = Unpooled.buffer();
    header(headers, ":message-type", type);
    header(headers, ":content-type", "application/json");
    byte[] body = payload.getBytes(UTF_8);
    ByteBuf message = Unpooled.buffer();
    message.writeInt(12 + headers.readableBytes() + body.length + 4);
    message.writeInt(headers.readableBytes()).writeInt(0);
    message.writeBytes(headers).writeBytes(body).writeInt(0);
    headers.release();
    return message;
  }

  private static void header(ByteBuf headers, String name, String value) {
    headers.writeByte(name.length()).writeCharSequence(name, UTF_8);
    headers.writeByte(7).writeShort(value.length()).writeCharSequence(value, UTF_8);
  }
}
