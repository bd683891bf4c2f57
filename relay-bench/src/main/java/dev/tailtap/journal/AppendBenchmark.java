package dev.tailtap.journal;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The journal on real files, with its threads: so many ends of calls of 300 bytes are offered at
 * once, and one operation lasts until all of them are forced to the disk. In groups per second with
 * {@code records} per second beside it, and as latency per group in microseconds.
 */
@State(Scope.Benchmark)
@BenchmarkMode({Mode.Throughput, Mode.SampleTime})
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class AppendBenchmark {
  private static final byte[] CONTENT = new byte[300];
  private static final UUID CALL = new UUID(1, 2);

  @Param({"1", "16", "128"})
  private int group;

  private Path dir;
  private Journal journal;

  /** Records that are on the disk; JMH reads it per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Forced {
    public long records;

    @Setup(Level.Iteration)
    public void reset() {
      records = 0;
    }
  }

  @Setup
  public void open() throws IOException {
    dir = Files.createTempDirectory(benchDir(), "journal");
    journal = Journal.open(new JournalConfig(dir, 2L << 30, 1, false), 4096, new Stats());
    while (!journal.admitting() || !journal.reserve()) {
      LockSupport.parkNanos(1_000_000);
    }
    journal.release();
  }

  /** What a writer would do, outside of the measured time. */
  @TearDown(Level.Iteration)
  public void commit() throws IOException {
    while (journal.pending() > 0) {
      journal.reader().take(5_000, new Nobody());
      journal.reader().committed();
    }
  }

  @TearDown
  public void close() throws IOException {
    journal.close();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(dir)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  /** One group, from the first offer until the last record is on the disk. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.SECONDS)
  public void append(Forced forced) throws IOException {
    End end = new End(new AtomicInteger(group), Thread.currentThread());
    for (int i = 0; i < group; i++) {
      while (!journal.reserve()) {
        commit();
      }
      journal.offer(end);
    }
    while (end.left.get() > 0) {
      LockSupport.park(this);
    }
    forced.records += group;
  }

  private static Path benchDir() {
    return Path.of(System.getProperty("tailtap.bench.dir", System.getProperty("java.io.tmpdir")));
  }

  private record End(AtomicInteger left, Thread waits) implements Entry {
    @Override
    public UUID call() {
      return CALL;
    }

    @Override
    public boolean closes() {
      return true;
    }

    @Override
    public void encode(ByteBuffer out, Entry opened) {
      out.put(CONTENT);
    }

    @Override
    public void acknowledge() {
      if (left.decrementAndGet() == 0) {
        LockSupport.unpark(waits);
      }
    }
  }

  private static final class Nobody implements JournalReader.Taker {
    @Override
    public boolean ended(byte[] content) {
      return true;
    }

    @Override
    public boolean interrupted(byte[] content) {
      return true;
    }
  }
}
