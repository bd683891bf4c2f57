package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the tap costs per event, in nanoseconds, where reads and events do not meet: 32 events in a
 * row, cut into reads of so many bytes. Small reads cut each event several times, large ones bring
 * many at once. Gemini's events bear usage, so that one is retained again and again.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SplitBenchmark {
  private static final int EVENTS = 32;

  @Param({"chat-220", "chat-1400", "gemini"})
  private String event;

  @Param({"64", "512", "8192"})
  private int readBytes;

  private ByteBuf buf;
  private Tap tap;

  @Setup
  public void open() {
    ByteBufAllocator alloc = new AdaptiveByteBufAllocator();
    byte[] text = TapBenchmark.text(event).repeat(EVENTS).getBytes(UTF_8);
    buf = alloc.directBuffer(text.length).writeBytes(text);
    Dialect dialect = event.equals("gemini") ? Dialect.GEMINI : Dialect.OPENAI_CHAT;
    tap = new Tap(dialect, BodyKind.EVENT_STREAM, alloc, 1 << 16);
  }

  /** All events, each counted as one operation. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public Tap events() {
    int end = buf.writerIndex();
    for (int at = 0; at < end; at += readBytes) {
      tap.payload(buf, at, Math.min(readBytes, end - at));
      tap.readComplete();
    }
    return tap;
  }
}
