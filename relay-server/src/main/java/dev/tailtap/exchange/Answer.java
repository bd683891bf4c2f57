package dev.tailtap.exchange;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.usage.HeaderUsage;
import dev.tailtap.usage.Tap;
import dev.tailtap.usage.UsageReading;
import io.netty.buffer.ByteBuf;

/**
 * An upstream's answer from its head on: past the tap, and to the client as long as there is one.
 * Every buffer that comes in is passed on or released here. Event loop only.
 */
final class Answer {
  private final Tap tap;
  private final String headCounts;
  private Delivery delivery; // null: the client is gone, or has all that it gets
  private boolean whole; // the upstream has sent all of it
  private boolean bareTerminator; // of that, see Delivery.end
  private long firstByteNanos; // 0: none came
  private long receivedBytes;
  private long drainedBytes;

  /**
   * @param headCounts the usage that its head names, in case that the body has none; may be null
   * @param delivery null where the client has left already
   */
  Answer(Tap tap, String headCounts, Delivery delivery) {
    this.tap = tap;
    this.headCounts = headCounts;
    this.delivery = delivery;
  }

  void payload(ByteBuf buf, int index, int length) {
    tap.payload(buf, index, length);
    if (delivery != null) {
      delivery.payload(buf, index, length);
    }
  }

  void hole(ByteBuf buf, int index, int length) {
    if (delivery != null) {
      delivery.hole(buf, index, length);
    }
  }

  void bytes(ByteBuf buf, int forwardable, boolean last) {
    if (firstByteNanos == 0) {
      firstByteNanos = System.nanoTime();
    }
    receivedBytes += buf.readableBytes();
    if (delivery != null) {
      delivery.bytes(buf, forwardable, last);
    } else {
      drainedBytes += buf.readableBytes();
      buf.release();
    }
  }

  /** Sends the client a sign of life, if it may now; whether it was. */
  boolean beat() {
    return delivery instanceof ReframedDelivery reframed && reframed.beat();
  }

  /** The read loop is over. */
  void readComplete() {
    tap.readComplete();
  }

  /** All of it has come. */
  void complete(boolean withBareTerminator) {
    whole = true;
    bareTerminator = withBareTerminator;
  }

  /** Whether it reports an error in itself, whatever its status. */
  boolean sawError() {
    return tap.sawError();
  }

  /** What came since there was no client any more. */
  long drainedBytes() {
    return drainedBytes;
  }

  /** Of its body, framing included. */
  long receivedBytes() {
    return receivedBytes;
  }

  /** When the first byte of the body came, by the clock of {@code nanoTime}; 0: none did. */
  long firstByteNanos() {
    return firstByteNanos;
  }

  UsageReading read(Stats stats) {
    if (exceededWindow()) {
      stats.count(Metric.OUTSIDE_WINDOW);
    }
    return HeaderUsage.complete(tap.finish(whole), headCounts, whole);
  }

  /** Whether something in it was too large to be held and looked at. */
  private boolean exceededWindow() {
    return tap.exceededWindow()
        || (delivery instanceof ReframedDelivery reframed && reframed.exceededWindow());
  }

  /** Gives the client its proper end. */
  void end() {
    if (delivery != null) {
      delivery.end(bareTerminator);
    }
  }

  /**
   * The client gets no more of it.
   *
   * @return whether a frame was hidden from it
   */
  boolean stopDelivery() {
    boolean hid = delivery instanceof ReframedDelivery reframed && reframed.hidAFrame();
    if (delivery != null) {
      delivery.close();
      delivery = null;
    }
    return hid;
  }
}
