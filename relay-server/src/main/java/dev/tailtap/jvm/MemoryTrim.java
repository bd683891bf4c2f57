package dev.tailtap.jvm;

import java.util.concurrent.TimeUnit;

/**
 * Decides when a process gives memory back to the system: it holds clearly more than it once did,
 * and has had nearly nothing to do for two looks. What it holds after that counts as needed. No
 * more than a twentieth of the time goes into it. Driven by {@link MemoryReturn}; one thread.
 */
final class MemoryTrim {
  /** Less is not worth a collection. */
  static final long WORTH_BYTES = 64L << 20;

  private static final double QUIET_CORES = 0.25;
  private static final int QUIET_LOOKS = 2;
  private static final int REST_FACTOR = 20;

  private long floor = Long.MAX_VALUE; // resident bytes that the process cannot do without
  private long lastNanos;
  private long lastCpuNanos;
  private long restUntil;
  private boolean rests;
  private int quiet;

  MemoryTrim(long nowNanos, long cpuNanos) {
    lastNanos = nowNanos;
    lastCpuNanos = cpuNanos;
  }

  /**
   * One look, some seconds after the last.
   *
   * @param cpuNanos what the process has used of its processors
   * @return whether it is time to trim
   */
  boolean due(long nowNanos, long cpuNanos, long residentBytes) {
    double cores = (double) (cpuNanos - lastCpuNanos) / Math.max(1, nowNanos - lastNanos);
    lastNanos = nowNanos;
    lastCpuNanos = cpuNanos;
    quiet = cores < QUIET_CORES ? quiet + 1 : 0;
    rests = rests && nowNanos - restUntil < 0;
    floor = Math.min(floor, residentBytes);
    return quiet >= QUIET_LOOKS && !rests && residentBytes - floor > WORTH_BYTES;
  }

  /** A trim was done, and so many bytes are left resident. */
  void trimmed(long nowNanos, long tookNanos, long cpuNanos, long residentBytes) {
    floor = residentBytes;
    restUntil = nowNanos + Math.max(TimeUnit.SECONDS.toNanos(1), REST_FACTOR * tookNanos);
    rests = true;
    quiet = 0;
    lastNanos = nowNanos;
    lastCpuNanos = cpuNanos;
  }
}
