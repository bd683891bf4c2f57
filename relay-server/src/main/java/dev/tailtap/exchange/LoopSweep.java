package dev.tailtap.exchange;

import dev.tailtap.upstream.LoopPool;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The one timer of an event loop. Connections and exchanges note the coarse time when something
 * moves; a sweep a few times a second finds those that stood still too long. No timer per stream,
 * no look at the clock per event. Event loop only.
 */
final class LoopSweep {
  /** Something that may stand still too long. */
  interface Swept {
    /**
     * Ends what is overdue.
     *
     * @return false once it is over and need not be looked at again
     */
    boolean sweep(long nowNanos);

    /** The relay stops: end what is idle, or, if {@code now}, everything. */
    void shutdown(boolean now);
  }

  private final List<Swept> swept = new ArrayList<>();
  private final LoopPool pool;
  private long nowNanos;

  LoopSweep(LoopPool pool, long nowNanos) {
    this.pool = pool;
    this.nowNanos = nowNanos;
  }

  /** The time of the last sweep: good enough for deadlines of seconds. */
  long nowNanos() {
    return nowNanos;
  }

  void add(Swept newcomer) {
    swept.add(newcomer);
  }

  /** Looks at all; called by the loop's timer, or by a test with a time of its own. */
  void run(long now) {
    nowNanos = now;
    for (int i = swept.size() - 1; i >= 0; i--) {
      if (!swept.get(i).sweep(now)) {
        Swept last = swept.remove(swept.size() - 1);
        if (i < swept.size()) {
          swept.set(i, last);
        }
      }
    }
    pool.sweep(now);
  }

  void shutdown(boolean now) {
    Consumer<Swept> end = each -> each.shutdown(now);
    List.copyOf(swept).forEach(end);
  }
}
