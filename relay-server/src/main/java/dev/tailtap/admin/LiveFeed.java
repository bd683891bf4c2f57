package dev.tailtap.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the live figures to whoever listens, one event for all of them. Each event says all, so
 * that one who has not taken the former misses the next and nothing is kept for him. While nobody
 * listens, nothing is made. The port's loop.
 */
final class LiveFeed {
  /** Who takes events. */
  interface Listener {
    /** Whether the former event is gone. */
    boolean isReady();

    /** Takes an event; the buffer is the listener's to release. */
    void onEvent(ByteBuf event);
  }

  static final int MOST = 64;
  private static final Logger LOG = LoggerFactory.getLogger(LiveFeed.class);

  private final Set<Listener> listeners = new LinkedHashSet<>();
  private final EventExecutor loop;
  private final long periodNanos;
  private final Supplier<byte[]> source;
  private Future<?> ticks; // null while nobody listens

  /**
   * Begins when somebody listens.
   *
   * @param source one event as it goes out
   */
  LiveFeed(EventExecutor loop, Duration period, Supplier<byte[]> source) {
    this.loop = loop;
    this.periodNanos = period.toNanos();
    this.source = source;
  }

  /** Whether one more may listen. */
  boolean hasRoom() {
    return listeners.size() < MOST;
  }

  /** Sends the present figures, and from now on those of each period. */
  void join(Listener listener) {
    listeners.add(listener);
    listener.onEvent(Unpooled.wrappedBuffer(source.get()));
    if (ticks == null) {
      ticks = loop.scheduleAtFixedRate(this::tick, periodNanos, periodNanos, TimeUnit.NANOSECONDS);
    }
  }

  /** Sends nothing more. Idempotent. */
  void leave(Listener listener) {
    listeners.remove(listener);
    if (listeners.isEmpty() && ticks != null) {
      ticks.cancel(false);
      ticks = null;
    }
  }

  private void tick() {
    byte[] event;
    try {
      event = source.get();
    } catch (RuntimeException | LinkageError bug) { // the next one may go well
      LOG.error("event=admin_failed path=/live", bug);
      return;
    }
    for (Listener listener : new ArrayList<>(listeners)) {
      if (listener.isReady()) {
        listener.onEvent(Unpooled.wrappedBuffer(event));
      }
    }
  }
}
