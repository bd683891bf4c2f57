package dev.tailtap.bench.load;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** The span of a load in which is measured, and the CPU time at both of its ends. On one loop. */
final class Window {
  /** Reading /proc holds up the loop; what was due meanwhile is not the relay's delay. */
  private static final long AFTER_READING_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final List<Long> pids;
  private final List<Long> own = List.of(ProcessHandle.current().pid());
  private boolean open;
  private long from = Long.MAX_VALUE;
  private long to = Long.MAX_VALUE;
  private long events;
  private long bytes;
  private long skippedNs;
  private Proc.Cpu cpu = new Proc.Cpu(0, 0);
  private long scheduledNs;
  private long driverNs;

  Window(List<Long> pids) {
    this.pids = pids;
  }

  /** From now on, in the midst of a load. */
  void open() {
    openAtBeginning();
    skippedNs = AFTER_READING_NS;
  }

  /** From now on, before anything was asked for. */
  void openAtBeginning() {
    cpu = Proc.cpu(pids);
    scheduledNs = Proc.scheduledNs(pids);
    driverNs = Proc.scheduledNs(own);
    from = System.nanoTime();
    open = true;
  }

  void close() {
    if (!open) {
      return;
    }
    open = false;
    to = System.nanoTime();
    cpu = Proc.cpu(pids).minus(cpu);
    scheduledNs = Proc.scheduledNs(pids) - scheduledNs;
    driverNs = Proc.scheduledNs(own) - driverNs;
  }

  void event() {
    if (open) {
      events++;
    }
  }

  void bytes(long more) {
    if (open) {
      bytes += more;
    }
  }

  /** Whether what happened then belongs to the window. */
  boolean covers(long time) {
    return from != Long.MAX_VALUE
        && time - from >= skippedNs
        && (to == Long.MAX_VALUE || time - to < 0);
  }

  long events() {
    return events;
  }

  long bytes() {
    return bytes;
  }

  long lengthNs() {
    return to == Long.MAX_VALUE ? 0 : to - from;
  }

  Proc.Cpu cpu() {
    return cpu;
  }

  long scheduledNs() {
    return scheduledNs;
  }

  long driverNs() {
    return driverNs;
  }
}
