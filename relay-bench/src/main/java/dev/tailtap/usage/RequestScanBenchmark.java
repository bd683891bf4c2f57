package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
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

/** What it costs, once per request, to read its body along: whole, and in reads of 16 KiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RequestScanBenchmark {
  private static final int READ = 16 << 10;

  private static final String PROSE =
      "A stream is \\\"tapped\\\" at its tail.\\n Nobody waits for it. ";
  private static final String MESSAGE = "{\"role\":\"user\",\"content\":\"%s\"},";
  private static final String TOOL =
      "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\","
          + "\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":[\"number\",\"null\"]}},"
          + "\"required\":[\"a\"]}}},";

  /** A chat of 1 and of 100 KiB, one of many tools, items of a response, texts to embed. */
  @Param({"chat-1", "chat-100", "tools-100", "input-100", "embed-100"})
  private String body;

  /** For a route of one target, or of several: then it is searched for references to state. */
  @Param({"false", "true"})
  private boolean several;

  private ByteBuf buf;

  @Setup
  public void prepare() {
    String text =
        switch (body) {
          case "chat-1" -> chat(MESSAGE.formatted(PROSE.repeat(3)), 4);
          case "chat-100" -> chat(MESSAGE.formatted(PROSE.repeat(30)), 60);
          case "tools-100" -> chat(TOOL, 500);
          case "input-100" -> input(MESSAGE.formatted(PROSE.repeat(30)), 60);
          default -> input("\"" + PROSE.repeat(3) + "\",", 600);
        };
    buf = new AdaptiveByteBufAllocator().directBuffer().writeBytes(text.getBytes(UTF_8));
  }

  private static String chat(String element, int times) {
    return "{\"messages\":["
        + element.repeat(times)
        + "{}],\"model\":\"example-1\",\"stream\":true,\"temperature\":0.7,\"max_tokens\":1000}";
  }

  private static String input(String element, int times) {
    return "{\"model\":\"example-1\",\"input\":["
        + element.repeat(times)
        + "0],\"previous\":null,\"store\":false,\"stream\":true}";
  }

  /** A request's whole scan, and what it says. */
  @Benchmark
  public RequestReading scan() {
    RequestScanner scan = new RequestScanner(several);
    int end = buf.writerIndex();
    for (int at = 0; at < end; at += READ) {
      buf.readerIndex(at).writerIndex(Math.min(at + READ, end));
      scan.feed(buf);
    }
    buf.setIndex(0, end);
    return scan.reading();
  }
}
