package dev.tailtap.stats;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * A histogram of fixed size that nobody ever waits for, be it during a scrape. Any thread. A scrape
 * may see an observation in the buckets that is not in the sum yet.
 */
final class Distribution {
  private final double[] bounds; // ascending; the last one is infinite
  private final AtomicLongArray counts;
  private final DoubleAdder sum = new DoubleAdder();

  Distribution(Buckets buckets) {
    bounds = buckets.bounds();
    counts = new AtomicLongArray(bounds.length);
  }

  /** Counts a value; one that is not known, or below zero, is none. */
  void observe(double value) {
    if (!(value >= 0)) {
      return;
    }
    int at = Arrays.binarySearch(bounds, value);
    counts.getAndIncrement(at < 0 ? -at - 1 : at);
    sum.add(value);
  }

  HistogramDataPointSnapshot snapshot(Labels labels) {
    long[] now = new long[bounds.length];
    Arrays.setAll(now, counts::get);
    return new HistogramDataPointSnapshot(
        ClassicHistogramBuckets.of(bounds, now), sum.sum(), labels, null, 0);
  }
}
