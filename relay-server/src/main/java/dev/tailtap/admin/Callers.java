package dev.tailtap.admin;

import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Everybody who is connected to the admin port: so many, each with so much time for what he is at,
 * and so many bytes of answers that wait for all of them. Beyond that whoever has been slow for
 * longest has to leave, so that the slow never keep others out. The port's loop.
 */
final class Callers {
  /** What a caller is at. */
  enum Phase {
    /** Sends a request, or has not begun to. */
    ASKING(5),
    /** Waits for the answer, which nobody hurries who waits himself. */
    WAITING(60),
    TAKING(30),
    /** Takes one event of a stream after the other. */
    LISTENING(30),
    /** Has been answered, and may ask again. */
    IDLE(30),
    /** Has been answered, and is to leave. */
    LEAVING(2);

    private final long nanos;

    Phase(int seconds) {
      nanos = TimeUnit.SECONDS.toNanos(seconds);
    }
  }

  static final int MOST = 256;

  /** A caller who leaves makes room before one who was not answered yet. */
  private static final List<Phase> EVICTED_FIRST =
      List.of(Phase.LEAVING, Phase.IDLE, Phase.ASKING, Phase.TAKING);

  /** Of answers that callers take; one larger than all is let through alone. */
  private static final long MOST_BYTES = Math.max(1 << 20, Runtime.getRuntime().maxMemory() / 32);

  private final LongSupplier nanoTime;
  private final Set<Caller> all = new LinkedHashSet<>(); // the longest in its phase first
  private long bytes;

  Callers(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Lets somebody in, for whom another may have to leave; null: nobody could, and he is closed. */
  Caller enter(Channel channel) {
    if (all.size() >= MOST && !evict()) {
      channel.close();
      return null;
    }
    return new Caller(channel);
  }

  /** Closes whoever has had his time. To be called now and then. */
  void sweep() {
    long now = nanoTime.getAsLong();
    List<Caller> late = all.stream().filter(caller -> caller.isLate(now)).toList();
    late.forEach(Caller::close);
  }

  /** Closes everybody. */
  void close() {
    new ArrayList<>(all).forEach(Caller::close);
  }

  private boolean evict() {
    for (Phase phase : EVICTED_FIRST) {
      if (evict(phase, null)) {
        return true;
      }
    }
    return false;
  }

  /** Closes the one who has been in a phase for longest; false: nobody is. */
  private boolean evict(Phase phase, Caller spared) {
    for (Caller caller : all) {
      if (caller.phase == phase && caller != spared) {
        caller.close();
        return true;
      }
    }
    return false;
  }

  /** One of them. */
  final class Caller {
    private final Channel channel;
    private Phase phase = Phase.ASKING;
    private long since = nanoTime.getAsLong();
    private long taking;

    private Caller(Channel channel) {
      this.channel = channel;
      all.add(this);
    }

    /** What he is at from now on, as if anew. */
    void move(Phase next) {
      if (all.remove(this)) {
        all.add(this);
        phase = next;
        since = nanoTime.getAsLong();
        count(0);
      }
    }

    /** He takes an answer of so many bytes. */
    void take(long size) {
      move(Phase.TAKING);
      boolean evicted = true;
      while (bytes + size > MOST_BYTES && evicted) {
        evicted = evict(Phase.TAKING, this);
      }
      count(size);
    }

    Phase phase() {
      return phase;
    }

    /** He is gone. Idempotent. */
    void left() {
      if (all.remove(this)) {
        count(0);
      }
    }

    private void close() {
      left(); // at once, so that his place counts as free
      channel.close();
    }

    private void count(long size) {
      bytes += size - taking;
      taking = size;
    }

    private boolean isLate(long now) {
      return now - since > phase.nanos;
    }
  }
}
