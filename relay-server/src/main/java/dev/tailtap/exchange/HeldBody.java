package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.BodyScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The body of a response from its beginning, as it was read, until it is known whether the client
 * gets it. Event loop only.
 */
final class HeldBody {
  /** More than any answer that tells why there is none. */
  static final int MOST = 64 * 1024;

  private static final int FIRST = 1024;

  private final BodyFraming framing;
  private final ByteBufAllocator alloc;
  private final BodyQueue parts; // an upstream that sends byte by byte costs what it sends
  private final FirstEvent events = new FirstEvent();
  private ByteBuf payload; // without framing; null: none has come

  HeldBody(BodyFraming framing, ByteBufAllocator alloc) {
    this.framing = framing;
    this.alloc = alloc;
    parts = new BodyQueue(alloc);
  }

  /** Whether a body of this framing may be small enough. */
  static boolean mayHold(BodyFraming framing) {
    return framing.kind() != BodyFraming.Kind.LENGTH || framing.length() <= MOST;
  }

  /** The next bytes of it, without framing; only borrowed. */
  void read(ByteBuf buf, int index, int length) {
    if (payload == null) {
      payload = alloc.buffer(Math.max(FIRST, Math.min(length, MOST)));
    }
    payload.writeBytes(buf, index, Math.min(length, MOST - payload.readableBytes()));
  }

  /**
   * One buffer as it was read, framing and all; ownership passes.
   *
   * @param forwardable up to where it is held: the end is written anew
   */
  void add(ByteBuf buf, int forwardable) {
    parts.add(buf.writerIndex(forwardable));
  }

  long bytes() {
    return parts.heldBytes() + (payload == null ? 0 : payload.capacity());
  }

  /** Whether it is more than is ever held. */
  boolean full() {
    return parts.bytes() > MOST;
  }

  /** Whether an event with data has come whole; a ping is none. */
  boolean firstEventCame() {
    return payload != null && events.firstCame(payload);
  }

  /** Whether no event has come behind that one. */
  boolean firstEventAlone() {
    return events.firstAlone();
  }

  /** What has come, without framing, up to 64 KiB; null: nothing. */
  ByteBuf payload() {
    return payload;
  }

  /** Gives all to a client. */
  void pour(Delivery to) {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(framing);
    BodyScanner.Spans spans = spans(to);
    for (ByteBuf part = parts.poll(); part != null; part = parts.poll()) {
      scanner.scan(part, spans); // cut otherwise than it came: where it ends was said before
      to.bytes(part, part.writerIndex(), scanner.complete());
    }
    release();
  }

  void release() {
    parts.release();
    if (payload != null) {
      payload.release();
      payload = null;
    }
  }

  private static BodyScanner.Spans spans(Delivery to) {
    return new BodyScanner.Spans() {
      @Override
      public void payload(ByteBuf buf, int index, int length) {
        to.payload(buf, index, length);
      }

      @Override
      public void hole(ByteBuf buf, int index, int length) {
        to.hole(buf, index, length);
      }
    };
  }
}
