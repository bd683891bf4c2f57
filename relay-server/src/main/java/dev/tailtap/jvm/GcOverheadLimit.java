package dev.tailtap.jvm;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends a process that does nothing but collect garbage and finds none: nine tenths of ten seconds
 * spent in collections, and the heap nine tenths full after them. The parallel collector has such a
 * limit of its own; G1 and Serial go on for minutes before they report an OutOfMemoryError. A
 * thread of its own, which looks once a second.
 */
public final class GcOverheadLimit {
  static final int SECONDS = 10;
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final double MOST = 0.9;

  private final long[] nanos = new long[SECONDS + 1]; // a ring: when, and what was collected until
  private final long[] collectedMs = new long[SECONDS + 1];
  private int looks;

  /** Starts the thread that halts the process. */
  public static void watch(Halt halt) {
    Thread thread = new Thread(() -> lookOnAndOn(halt), "gc-overhead-limit");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * One look, about a second after the last.
   *
   * @param now nanoseconds of a clock that only goes on
   * @param spentMs time in collections since the start
   * @param full the share of the heap that was in use after the last collection
   * @return whether the limit is exceeded
   */
  boolean exceeded(long now, long spentMs, double full) {
    int oldest = (looks + 1) % nanos.length;
    nanos[looks % nanos.length] = now;
    collectedMs[looks % nanos.length] = spentMs;
    looks++;
    if (looks < nanos.length) {
      return false;
    }
    long windowMs = TimeUnit.NANOSECONDS.toMillis(now - nanos[oldest]);
    return full > MOST && spentMs - collectedMs[oldest] > MOST * windowMs;
  }

  private static void lookOnAndOn(Halt halt) {
    GcOverheadLimit limit = new GcOverheadLimit();
    List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    List<MemoryPoolMXBean> pools = ManagementFactory.getMemoryPoolMXBeans();
    long max = Runtime.getRuntime().maxMemory();
    boolean over = false;
    while (!over) {
      LockSupport.parkNanos(limit, PERIOD_NANOS);
      over = limit.exceeded(System.nanoTime(), spentMs(collectors), (double) lives(pools) / max);
    }
    halt.now(
        Halt.FATAL,
        "event=gc_overhead_limit exceeded=\"the heap is full and was collected for "
            + SECONDS
            + " s without end\" max_heap_bytes="
            + max);
  }

  private static long spentMs(List<GarbageCollectorMXBean> collectors) {
    long sum = 0;
    for (GarbageCollectorMXBean collector : collectors) {
      sum += Math.max(0, collector.getCollectionTime());
    }
    return sum;
  }

  private static long lives(List<MemoryPoolMXBean> pools) {
    long sum = 0;
    for (MemoryPoolMXBean pool : pools) {
      MemoryUsage after = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
      sum += after == null ? 0 : after.getUsed();
    }
    return sum;
  }
}
