package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the tap costs per event in the middle of a stream: one event per read, in a direct buffer as
 * the transport hands it over. {@code passOn} is what a relay does with the buffer in any case.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TapBenchmark {
  @Param({"chat-220", "chat-1400", "chat-usage-null", "anthropic", "responses", "gemini"})
  private String event;

  private final ByteBufAllocator alloc = new AdaptiveByteBufAllocator();
  private ByteBuf buf;
  private Tap tap;
  private UsageEventFilter hidden;

  /**
   * More streams than a core's own caches hold, in no order: or the next would be fetched ahead.
   */
  @State(Scope.Thread)
  public static class Many {
    private static final int STREAMS = 8_192;

    private final Tap[] taps = new Tap[STREAMS];
    private int turn;

    @Setup
    public void open(TapBenchmark one) {
      Arrays.setAll(taps, i -> one.newTap());
      Collections.shuffle(Arrays.asList(taps), new Random(1));
      for (int i = 0; i < 10 * STREAMS; i++) {
        one.tappedOneOfMany(this);
      }
    }

    private Tap next() {
      turn = turn + 1 & STREAMS - 1;
      return taps[turn];
    }
  }

  @Setup
  public void open() {
    String text = text(event);
    buf = alloc.directBuffer(text.length()).writeBytes(text.getBytes(UTF_8));
    tap = newTap();
    hidden = new UsageEventFilter(alloc, 1 << 16, ByteBuf::release);
    for (int i = 0; i < 10; i++) {
      tapped();
    }
  }

  private Tap newTap() {
    Dialect dialect =
        switch (event) {
          case "anthropic" -> Dialect.ANTHROPIC;
          case "responses" -> Dialect.OPENAI_RESPONSES;
          case "gemini" -> Dialect.GEMINI;
          default -> Dialect.OPENAI_CHAT;
        };
    return new Tap(dialect, BodyKind.EVENT_STREAM, alloc, 1 << 16);
  }

  static String text(String event) {
    return switch (event) {
      case "chat-220" -> chat("\"delta\":{\"content\":\" of\"},\"finish_reason\":null", "");
      case "chat-1400" ->
          chat("\"delta\":{\"content\":\"" + "Lorem ipsum dolor. ".repeat(62) + "\"}", "");
      case "chat-usage-null" ->
          chat("\"delta\":{\"content\":\" of\"},\"finish_reason\":null", ",\"usage\":null");
      case "anthropic" ->
          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":\" of the sea and\"}     }\n\n";
      case "responses" ->
          "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
              + "\"sequence_number\":9,\"item_id\":\"msg_0123456789abcdef0123456789abcdef\","
              + "\"output_index\":0,\"content_index\":0,\"delta\":\" of\",\"logprobs\":[],"
              + "\"obfuscation\":\"x8Qp3LmZ0a\"}\n\n";
      case "gemini" ->
          "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Waves and wind\"}],"
              + "\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 9,"
              + "\"candidatesTokenCount\": 21,\"totalTokenCount\": 90,\"promptTokensDetails\": "
              + "[{\"modality\": \"TEXT\",\"tokenCount\": 9}],\"thoughtsTokenCount\": 60},"
              + "\"modelVersion\": \"gemini-example\",\"responseId\": \"abcDEF0123456789\"}\r\n\r\n";
      default -> throw new IllegalArgumentException(event);
    };
  }

  private static String chat(String choice, String more) {
    return "data: {\"id\":\"chatcmpl-0123456789abcdefghijklmno\",\"object\":\"chat.completion.chunk\","
        + "\"created\":1790000000,\"model\":\"example-1-mini\",\"system_fingerprint\":\"fp_0123456789\","
        + "\"choices\":[{\"index\":0,"
        + choice
        + "}]"
        + more
        + "}\n\n";
  }

  /** The floor: a slice that is retained, and released when it has been written. */
  @Benchmark
  public int passOn() {
    ByteBuf slice = buf.retainedSlice(0, buf.writerIndex());
    int length = slice.readableBytes();
    slice.release();
    return length;
  }

  /** One event through the tap. */
  @Benchmark
  public Tap tapped() {
    tap.payload(buf, 0, buf.writerIndex());
    tap.readComplete();
    return tap;
  }

  /** An event each of many streams in turn: what a tap remembers is not in a core's own caches. */
  @Benchmark
  public Tap tappedOneOfMany(Many many) {
    Tap next = many.next();
    next.payload(buf, 0, buf.writerIndex());
    next.readComplete();
    return next;
  }

  /** One event in two reads: the price of a cut. */
  @Benchmark
  public Tap tappedInTwo() {
    int half = buf.writerIndex() / 2;
    tap.payload(buf, 0, half);
    tap.payload(buf, half, buf.writerIndex() - half);
    return tap;
  }

  /** One event through the stage that hides the event we asked for. */
  @Benchmark
  public UsageEventFilter throughUsageEventFilter() {
    hidden.payload(buf, 0, buf.writerIndex());
    return hidden;
  }
}
