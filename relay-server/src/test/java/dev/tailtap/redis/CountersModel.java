package dev.tailtap.redis;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What the server's Lua is to do, once more and otherwise: buckets hold what is in use. */
final class CountersModel {
  private static final double LEASE = Leases.MILLIS * 1e3;

  /** A bucket as a test describes it: times in microseconds. */
  record Shape(String key, char kind, double each, double size, double most) {}

  /** What admission came to; a refusal has the bucket's index, and when. */
  record Verdict(int refusing, long retry, double[] reserved, double[] left) {}

  private static final class Timed {
    double used;
    double asOf;
    double mean = -1;

    /** What was in use then has passed in part; a clock that went back takes nothing away. */
    void pass(double now) {
      used -= Math.max(0, now - asOf);
      asOf = now;
    }
  }

  private final Map<String, Timed> timed = new HashMap<>();
  private final Map<String, Map<String, Double>> leases = new HashMap<>();

  Verdict admit(double now, String id, double given, Shape... shapes) {
    int refusing = -1;
    long longest = -1;
    double[] reserved = new double[shapes.length];
    double[] left = new double[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      long wait =
          shapes[i].kind == 's'
              ? waitForPlace(now, shapes[i])
              : waitFor(now, given, shapes[i], reserved, i);
      left[i] = left(now, shapes[i], reserved[i]);
      if (wait > longest) {
        longest = wait;
        refusing = i;
      }
    }
    if (longest >= 0) {
      return new Verdict(refusing, longest, null, null);
    }
    for (int i = 0; i < shapes.length; i++) {
      take(now, id, shapes[i], reserved[i]);
    }
    return new Verdict(-1, 0, reserved, left);
  }

  void settle(double now, String id, double[] reserved, double[] costs, Shape... shapes) {
    for (int i = 0; i < shapes.length; i++) {
      Shape shape = shapes[i];
      if (shape.kind == 's') {
        end(shape.key, id);
      } else if (shape.kind == 'r') {
        charge(now, shape, costs == null ? -shape.each : 0, false, 0);
      } else if (costs == null) {
        charge(now, shape, -reserved[i], false, 0);
      } else if (costs[i] >= 0) {
        charge(now, shape, costs[i] * shape.each - reserved[i], shape.kind != 'n', costs[i]);
      }
    }
  }

  /** A lease is over. */
  void end(String key, String id) {
    leases.computeIfAbsent(key, none -> new TreeMap<>()).remove(id);
  }

  /** A lease begins anew, whether it is still there or not. */
  void renew(double now, String key, String id) {
    leases.computeIfAbsent(key, none -> new TreeMap<>()).put(id, now + LEASE);
  }

  /** When each lease of a bucket ends, those included that have. */
  Map<String, Double> leases(String key) {
    return leases.getOrDefault(key, Map.of());
  }

  /** How much of a bucket's time is in use. */
  double used(double now, String key) {
    Timed bucket = timed.getOrDefault(key, new Timed());
    return Math.max(0, bucket.used - Math.max(0, now - bucket.asOf));
  }

  /**
   * A bucket is charged, or given back, so much time.
   *
   * @param learns whether the cost is one of those that the mean is of
   * @return how much of it was, for its debt has an end
   */
  double charge(double now, Shape shape, double more, boolean learns, double cost) {
    if (more == 0 && !learns) {
      return 0;
    }
    Timed bucket = at(now, shape);
    double before = more > 0 ? Math.max(0, bucket.used) : bucket.used;
    bucket.used = Math.min(before + more, shape.most);
    if (learns) {
      bucket.mean = bucket.mean < 0 ? cost : bucket.mean + (cost - bucket.mean) / 16;
    }
    return bucket.used - before;
  }

  private double left(double now, Shape shape, double reserved) {
    if (shape.kind == 's') {
      return shape.size - held(now, shape.key) - 1;
    }
    double cost = shape.kind == 'r' ? shape.each : reserved;
    return Math.max(0, Math.floor(shape.size - used(now, shape.key) - cost));
  }

  private long held(double now, String key) {
    return leases(key).values().stream().filter(end -> end > now).count();
  }

  private long waitFor(double now, double given, Shape shape, double[] reserved, int i) {
    Timed bucket = timed.getOrDefault(shape.key, new Timed());
    bucket.asOf = Math.min(bucket.asOf, now);
    double used = Math.max(0, bucket.used - (now - bucket.asOf));
    double need = shape.each;
    reserved[i] = 1;
    if (shape.kind != 'r') {
      double mean = bucket.mean < 0 ? shape.size / shape.each / 10 : bucket.mean;
      double tokens = shape.kind == 'n' ? 0 : shape.kind == 'g' && given >= 0 ? given : mean;
      reserved[i] = Math.floor(Math.min(tokens * shape.each, shape.size / 2));
      need = Math.max(reserved[i], Math.min(shape.each, shape.size));
    }
    return used > 0 && used + need > shape.size + 1
        ? (long) Math.ceil(used + need - shape.size)
        : -1;
  }

  private long waitForPlace(double now, Shape shape) {
    if (held(now, shape.key) < shape.size) {
      return -1;
    }
    leases(shape.key).replaceAll((id, end) -> Math.min(end, now + LEASE));
    return 1_000_000;
  }

  private void take(double now, String id, Shape shape, double reserved) {
    if (shape.kind == 's') {
      Map<String, Double> held = leases.computeIfAbsent(shape.key, key -> new TreeMap<>());
      held.values().removeIf(end -> end <= now);
      held.put(id, now + LEASE);
    } else {
      Timed bucket = at(now, shape);
      bucket.used = Math.max(0, bucket.used) + (shape.kind == 'r' ? shape.each : reserved);
    }
  }

  private Timed at(double now, Shape shape) {
    Timed bucket = timed.computeIfAbsent(shape.key, key -> new Timed());
    bucket.pass(now);
    return bucket;
  }
}
