package dev.tailtap.bench.load;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * Lets every stream of a load send when it is due, the one that is due first before the others,
 * with one timer for all. One that comes late is sent at once, and the next is due no later for it.
 * Confined to one loop.
 */
final class Pacer {
  private static final long END_STEP_NS = TimeUnit.MICROSECONDS.toNanos(200);

  private final EventLoop loop;
  private final PriorityQueue<Turn> queue =
      new PriorityQueue<>((a, b) -> Long.signum(a.due - b.due));
  private final long intervalNs;
  private boolean timed;
  private boolean endingAll;

  /** When a stream is to send, by the clock of {@link System#nanoTime()}. */
  static final class Turn {
    private final Runnable send;
    private long due;

    Turn(Runnable send) {
      this.send = send;
    }

    /** The first one is due now. */
    void begin() {
      due = System.nanoTime();
    }

    long due() {
      return due;
    }
  }

  Pacer(EventLoop loop, long intervalNs) {
    this.loop = loop;
    this.intervalNs = intervalNs;
  }

  /** The stream sent something and is due again one interval after it was due. */
  void again(Turn turn) {
    turn.due += intervalNs;
    queue.add(turn);
    arm();
  }

  /** Whether streams shall end at their next turn. */
  boolean endingAll() {
    return endingAll;
  }

  /** From now on each stream ends instead of sending its next event; one after the other. */
  void endAll() {
    endingAll = true;
    List<Turn> open = new ArrayList<>(queue);
    queue.clear();
    long step = Math.min(END_STEP_NS, open.isEmpty() ? 0 : intervalNs / open.size());
    long due = System.nanoTime();
    for (Turn turn : open) {
      turn.due = due;
      due += step;
      queue.add(turn);
    }
    timed = false;
    arm();
  }

  private void arm() {
    if (!timed && !queue.isEmpty()) {
      timed = true;
      long wait = queue.peek().due - System.nanoTime();
      loop.schedule(this::send, Math.max(0, wait), TimeUnit.NANOSECONDS);
    }
  }

  /** What became due meanwhile goes out too, but not for so long that nobody reads. */
  private void send() {
    timed = false;
    long until = System.nanoTime();
    for (int sent = 0; sent < 64; sent++) {
      Turn next = queue.peek();
      if (next == null || next.due - until > 0) {
        break;
      }
      queue.remove();
      next.send.run();
    }
    arm();
  }
}
