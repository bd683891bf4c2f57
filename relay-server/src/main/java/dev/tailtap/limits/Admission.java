package dev.tailtap.limits;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.stats.Gauge;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Says who may start, and counts who is under way, in all and by client network; each upstream
 * counts its own. Who is admitted holds a {@link Permit}, and with it room for a record, so that
 * nothing can be lost later for want of space. Any thread.
 */
public final class Admission implements Admitting {
  private final RecordRoom room;
  private final MemoryAccount memory;
  private final Gauge all = new Gauge(0);
  private final NetworkCounts byNetwork = new NetworkCounts(0);
  private final RetryBudget retries = new RetryBudget(all);
  private final ReplayMemory replays;
  private final Runnable left = this::left;
  private volatile Map<String, Gauge> byUpstream = Map.of(); // the present ones
  private volatile Doors doors = Doors.OPEN;

  /** Admits nobody before it has its limits. */
  public Admission(RecordRoom room, MemoryAccount memory) {
    this.room = room;
    this.memory = memory;
    replays = new ReplayMemory(memory);
  }

  /**
   * From now on these limits hold, and calls may go to these upstreams. Who is under way is counted
   * on, at whatever upstream. One thread at a time.
   *
   * @param upstreams what counts those of each, by name
   */
  public void limit(LimitsConfig limits, Map<String, Gauge> upstreams) {
    all.limit(limits.streams());
    byNetwork.limit(limits.streamsPerAddress());
    retries.limit(limits.retryBudget());
    replays.limit(limits.replayMemory());
    byUpstream = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
  }

  @Override
  public void admit(ClientNetwork client, Applicant applicant) {
    Refusal why = draining() ? Refusal.DRAINING : memory.refusing() ? Refusal.MEMORY_SHORT : null;
    if (why == null) {
      why = claim(client);
    }
    if (why == null) {
      applicant.admitted(new Permit(byNetwork, client, all, room, left));
    } else {
      applicant.refused(why);
    }
  }

  /** Takes one of each; what was taken before one that is full is given back in reverse. */
  private Refusal claim(ClientNetwork client) {
    if (!byNetwork.enter(client)) {
      return Refusal.TOO_MANY_OF_THE_CLIENT;
    }
    if (!all.enter()) {
      byNetwork.leave(client);
      return Refusal.TOO_MANY_STREAMS;
    }
    if (!room.reserve()) {
      all.leave();
      byNetwork.leave(client);
      return Refusal.NO_ROOM_FOR_RECORDS;
    }
    return null;
  }

  /**
   * How much of its time a request may take, from 1 down to a thirtieth: the shorter, the fewer
   * places are left for others (Envoy's scaled timers).
   */
  public double patience() {
    double taken = (double) all.active() / all.max();
    return Math.max(1 / 30.0, Math.min(1, (0.9 - taken) / 0.4));
  }

  /** A permit was given back. */
  private void left() {
    if (ending()) {
      synchronized (this) {
        notifyAll();
      }
    }
  }

  /** Who is connected may ask once more, and is told that this was the last time. */
  public void lastCalls() {
    enter(Doors.LAST_CALLS);
  }

  /** From now on nobody is admitted. */
  public void drain() {
    enter(Doors.SHUT);
  }

  /** The one mover: they never open again. */
  private synchronized void enter(Doors next) {
    if (next.compareTo(doors) > 0) {
      doors = next;
    }
  }

  /**
   * Waits, after {@link #lastCalls} or {@link #drain}, until all have left.
   *
   * @return false if some were still there when the time was over
   */
  public synchronized boolean awaitEmpty(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (all.active() > 0) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  /** Whether the next answer on a connection is its last. */
  public boolean ending() {
    return doors != Doors.OPEN;
  }

  /** Whether nobody is admitted any more. */
  public boolean draining() {
    return doors == Doors.SHUT;
  }

  /** For whom it is open; from one to the next as the relay ends. */
  private enum Doors {
    OPEN,
    /** For who is connected, once more. */
    LAST_CALLS,
    SHUT
  }

  /** Who may be in a further try. */
  public RetryBudget retries() {
    return retries;
  }

  /** What requests hold that could be sent again. */
  public ReplayMemory replays() {
    return replays;
  }

  /** Exchanges under way, over all upstreams. */
  public Gauge all() {
    return all;
  }

  /** Exchanges under way of each upstream by its name, in the order of the configuration. */
  public Map<String, Gauge> byUpstream() {
    return byUpstream;
  }
}
