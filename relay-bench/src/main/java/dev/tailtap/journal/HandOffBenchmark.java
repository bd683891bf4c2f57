package dev.tailtap.journal;

import java.util.concurrent.TimeUnit;
import org.jctools.queues.varhandle.MpscChunkedVarHandleArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/**
 * The queue between event loops and the journal, of the kind and the size that the journal has, in
 * nanoseconds per call: several threads offer at once and one polls. An offer lasts until the queue
 * has taken the entry, a poll until it has given one.
 */
@State(Scope.Group)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HandOffBenchmark {
  private static final Object ENTRY = new Object();

  private final MpscChunkedVarHandleArrayQueue<Object> queue =
      new MpscChunkedVarHandleArrayQueue<>(1024, 131_072);

  /** One of two loops that offer. */
  @Benchmark
  @Group("twoLoops")
  @GroupThreads(2)
  public void offerOfTwo(Control control) {
    offer(control);
  }

  /** The journal beside two loops. */
  @Benchmark
  @Group("twoLoops")
  public Object pollOfTwo(Control control) {
    return poll(control);
  }

  /** One of eight loops that offer. */
  @Benchmark
  @Group("eightLoops")
  @GroupThreads(8)
  public void offerOfEight(Control control) {
    offer(control);
  }

  /** The journal beside eight loops. */
  @Benchmark
  @Group("eightLoops")
  public Object pollOfEight(Control control) {
    return poll(control);
  }

  private void offer(Control control) {
    while (!queue.offer(ENTRY) && !control.stopMeasurement) {
      Thread.onSpinWait();
    }
  }

  private Object poll(Control control) {
    Object entry = queue.poll();
    while (entry == null && !control.stopMeasurement) {
      Thread.onSpinWait();
      entry = queue.poll();
    }
    return entry;
  }
}
