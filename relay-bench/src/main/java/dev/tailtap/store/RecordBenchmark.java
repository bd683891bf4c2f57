package dev.tailtap.store;

import dev.tailtap.record.UsageRecord;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Writing one record for the journal and reading it back, in nanoseconds. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RecordBenchmark {
  private final ByteBuffer out = ByteBuffer.allocateDirect(4096);
  private UsageRecord record;
  private Instant startedAt;
  private byte[] content;

  @Setup
  public void prepare() {
    record = new SampleRecords().next();
    startedAt = record.startedAt();
    encode();
    content = new byte[out.position()];
    out.get(0, content);
  }

  /** One record into the buffer that a group is written from. */
  @Benchmark
  public ByteBuffer encode() {
    out.clear();
    RecordFormat.write(out, record, startedAt);
    return out;
  }

  /** One record from the bytes of its frame. */
  @Benchmark
  public Object decode() {
    return RecordFormat.read(content);
  }
}
