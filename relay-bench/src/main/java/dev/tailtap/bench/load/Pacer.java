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
  private final PriorityQueue<ProviderStream> queue =
      new PriorityQueue<>((a, b) -> Long.signum(a.due - b.due));
  private final long intervalNs;
  private boolean timed;
  private boolean endingAll;

  Pacer(EventLoop loop, long intervalNs) {
    this.loop = loop;
    this.intervalNs = intervalNs;
  }

  /** The stream sent something and is due again one interval after it was due. */
  void again(ProviderStream stream) {
    stream.due += intervalNs;
    queue.add(stream);
    arm();
  }

  /** Whether streams shall end at their next turn. */
  boolean endingAll() {
    return endingAll;
  }

  /** From now on each stream ends instead of sending its next event; one after the other. */
  void endAll() {
    endingAll = true;
    List<ProviderStream> open = new ArrayList<>(queue);
    queue.clear();
    long step = Math.min(END_STEP_NS, open.isEmpty() ? 0 : intervalNs / open.size());
    long due = System.nanoTime();
    for (ProviderStream stream : open) {
      stream.due = due;
      due += step;
      queue.add(stream);
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
      ProviderStream next = queue.peek();
      if (next == null || next.due - until > 0) {
        break;
      }
      queue.remove();
      next.turn();
    }
    arm();
  }
}
