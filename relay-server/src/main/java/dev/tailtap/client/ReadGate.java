package dev.tailtap.client;

import dev.tailtap.loop.LaterTasks;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;

/**
 * What a client sent ahead of its turn: never more than one read brought, because reading stops
 * while something is parked, or while the upstream takes no more of the body. Event loop only.
 */
final class ReadGate {
  private final Channel channel;
  private ArrayDeque<Object> parked; // null: nothing is
  private long bytes;
  private boolean blocked; // the upstream takes no more at present
  private boolean soon; // the taker is called in a turn of its own

  ReadGate(Channel channel) {
    this.channel = channel;
  }

  boolean isEmpty() {
    return parked == null;
  }

  /** What is parked, in bytes of bodies; heads are small and few. */
  long bytes() {
    return bytes;
  }

  void park(Object msg) {
    if (parked == null) {
      parked = new ArrayDeque<>(2);
    }
    parked.addLast(msg);
    bytes += size(msg);
    applyReading();
  }

  /** The oldest of what is parked. Tell {@link #applyReading} after the last. */
  Object next() {
    Object msg = parked.removeFirst();
    bytes -= size(msg);
    if (parked.isEmpty()) {
      parked = null;
    }
    return msg;
  }

  /** Has what is parked, if anything, taken in another turn of the loop, when others had theirs. */
  void soon(LaterTasks later, Runnable taker) {
    if (parked != null && !soon) {
      soon = true;
      later.add(() -> taken(taker));
    }
  }

  private void taken(Runnable taker) {
    soon = false;
    taker.run();
  }

  void block(boolean on) {
    blocked = on;
    applyReading();
  }

  void applyReading() {
    channel.config().setAutoRead(!blocked && parked == null);
  }

  /** Lets all go, and reads on, to drop what comes. */
  void open() {
    release();
    blocked = false;
    applyReading();
  }

  void release() {
    if (parked != null) {
      parked.forEach(ReferenceCountUtil::release);
      parked = null;
      bytes = 0;
    }
  }

  private static long size(Object msg) {
    return msg instanceof HttpContent content ? content.content().readableBytes() : 0;
  }
}
