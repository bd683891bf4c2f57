package dev.tailtap.usage;

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

/**
 * Keeping one event of 400 bytes and letting the former one go, in nanoseconds per event. In a
 * small buffer it is retained where it lies; in a large one it is copied when the read loop ends.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RetentionBenchmark {
  private static final int FRAME = 400;

  @Param({"512", "65536"})
  private int bufferBytes;

  private ByteBuf buf;
  private RetainedEvent kept;

  @Setup
  public void prepare() {
    ByteBufAllocator alloc = new AdaptiveByteBufAllocator();
    buf = alloc.directBuffer(bufferBytes, bufferBytes).writeZero(bufferBytes);
    kept = new RetainedEvent(alloc);
  }

  /** One event after another. */
  @Benchmark
  public boolean keep() {
    kept.keep(buf, 64, FRAME, 1);
    kept.compact();
    return kept.isEmpty();
  }
}
