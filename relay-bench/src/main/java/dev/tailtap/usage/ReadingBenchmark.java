package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.UsageReading;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
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

/** What it costs, once per stream, to open a tap, take a typical tail through it and read it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ReadingBenchmark {
  @Param({"openai-chat", "openai-responses", "anthropic", "gemini"})
  private String dialect;

  private final ByteBufAllocator alloc = new AdaptiveByteBufAllocator();
  private Dialect spoken;
  private ByteBuf tail;

  @Setup
  public void prepare() {
    spoken = Dialect.named(dialect);
    String text = text(spoken);
    tail = alloc.directBuffer(text.length()).writeBytes(text.getBytes(UTF_8));
  }

  private static String text(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT ->
          "data: {\"id\":\"chatcmpl-0123456789\",\"model\":\"example-1\",\"choices\":[],\"usage\":"
              + "{\"prompt_tokens\":120,\"completion_tokens\":34,\"total_tokens\":154,"
              + "\"prompt_tokens_details\":{\"cached_tokens\":64,\"audio_tokens\":0},"
              + "\"completion_tokens_details\":{\"reasoning_tokens\":20,\"audio_tokens\":0,"
              + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}\n\n";
      case OPENAI_RESPONSES ->
          "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":"
              + "\"resp_0123456789\",\"status\":\"completed\",\"model\":\"example-1\",\"output\":[],"
              + "\"usage\":{\"input_tokens\":120,\"input_tokens_details\":{\"cached_tokens\":64},"
              + "\"output_tokens\":34,\"output_tokens_details\":{\"reasoning_tokens\":20},"
              + "\"total_tokens\":154},\"user\":null,\"metadata\":{}}}\n\n";
      case ANTHROPIC ->
          "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01234\","
              + "\"model\":\"example-3\",\"usage\":{\"input_tokens\":56,\"cache_read_input_tokens\":64,"
              + "\"cache_creation_input_tokens\":0,\"output_tokens\":1}}}\n\nevent: message_delta\n"
              + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
              + "\"usage\":{\"output_tokens\":34}}\n\n";
      default -> TapBenchmark.text("gemini");
    };
  }

  /**
   * What opening alone costs, in time and in bytes (gc.alloc.rate.norm): the rest is the reading.
   */
  @Benchmark
  public Tap open() {
    return new Tap(spoken, BodyKind.EVENT_STREAM, alloc, 1 << 16);
  }

  /** A tap's whole life. */
  @Benchmark
  public UsageReading openReadClose() {
    Tap tap = new Tap(spoken, BodyKind.EVENT_STREAM, alloc, 1 << 16);
    tap.payload(tail, 0, tail.writerIndex());
    return tap.finish(true);
  }
}
