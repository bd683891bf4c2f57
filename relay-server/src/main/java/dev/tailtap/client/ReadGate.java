package dev.tailtap.client;

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
  private final ArrayDeque<Object> parked = new ArrayDeque<>(2);
  private long bytes;
  private boolean blocked; // the upstream takes no more at present
  private boolean soon; // the taker is called in a turn of its own

  ReadGate(Channel channel) {
    this.channel = channel;
  }

  boolean isEmpty() {
    return parked.isEmpty();
  }

  /** What is parked, in bytes of bodies; heads are small and few. */
  long bytes() {
    return bytes;
  }

  void park(Object msg) {
    parked.addLast(msg);
    bytes += size(msg);
    applyReading();
  }

  /** The oldest; null if there is none. Tell {@link #applyReading} after the last. */
  Object next() {
    Object msg = parked.pollFirst();
    bytes -= size(msg);
    return msg;
  }

  /** Has what is parked, if anything, taken in another turn of the loop. */
  void soon(Runnable taker) {
    if (!parked.isEmpty() && !soon) {
      soon = true;
      channel.eventLoop().execute(() -> taken(taker));
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
    channel.config().setAutoRead(!blocked && parked.isEmpty());
  }

  /** Lets all go, and reads on, to drop what comes. */
  void open() {
    release();
    blocked = false;
    applyReading();
  }

  void release() {
    parked.forEach(ReferenceCountUtil::release);
    parked.clear();
    bytes = 0;
  }

  private static long size(Object msg) {
    return msg instanceof HttpContent content ? content.content().readableBytes() : 0;
  }
}
