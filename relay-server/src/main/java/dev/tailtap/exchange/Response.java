package dev.tailtap.exchange;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.record.UsageReading;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.usage.BodyKind;
import dev.tailtap.usage.HeaderUsage;
import dev.tailtap.usage.Tap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;

/**
 * An upstream's response from its head on: past the tap, and to the client as long as there is one.
 * Every buffer that comes in is passed on or released here. Event loop only.
 */
final class Response {
  private final Tap tap;
  private final HeaderUsage headCounts; // the usage that its head names; may be null
  private final boolean streamed; // of events
  private final boolean plainStream; // of events, and not encoded
  private final int window;
  private Delivery delivery; // null: the client is gone, has all that it gets, or must wait
  private HeldBody held; // null: it is passed on as it comes
  private boolean whole; // the upstream has sent all of it
  private boolean bareTerminator; // of that, see Delivery.end
  private long firstByteNanos; // 0: none came
  private long firstEventNanos; // likewise of an event with data
  private long receivedBytes;
  private long drainedBytes;

  private Response(
      Tap tap, HeaderUsage headCounts, boolean streamed, boolean plainStream, int window) {
    this.tap = tap;
    this.headCounts = headCounts;
    this.streamed = streamed;
    this.plainStream = plainStream;
    this.window = window;
  }

  /** Begins with a head, which tells how to read the body. */
  static Response begin(
      CallRecorder recorder, HttpResponse head, ByteBufAllocator alloc, int window, Stats stats) {
    HttpHeaders headers = head.headers();
    String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
    BodyKind kind = BodyKind.of(headers.get(HttpHeaderNames.CONTENT_TYPE));
    String requestId = Claims.ofProvider(headers, stats);
    recorder.responded(head.status().code(), kind.streamed(), requestId);
    return new Response(
        new Tap(recorder.dialect(), kind, encoding, alloc, window),
        HeaderUsage.of(headers),
        kind.streamed(),
        kind == BodyKind.EVENT_STREAM && encoding == null,
        window);
  }

  /** Whether it is a stream of events that can be told apart as they come. */
  boolean streams() {
    return plainStream;
  }

  /** Whether so much of it is held that it is not held any longer. */
  boolean holdsTooMuch() {
    return held != null && held.full();
  }

  /** Whether an event with data has come whole while it is held; a ping is none. */
  boolean firstEventCame() {
    return held != null && held.firstEventCame();
  }

  /** Whether it is its first event that tells of an error: it is the only one. */
  boolean firstEventFailed() {
    return sawError() && held != null && held.firstEventAlone();
  }

  /** Holds what comes of it: it is not the client's yet. */
  void hold(BodyFraming framing, ByteBufAllocator alloc) {
    held = new HeldBody(framing, alloc);
  }

  /** What has come of the body while it is held; null: it is not. Only borrowed. */
  ByteBuf heldPayload() {
    return held == null ? null : held.payload();
  }

  /**
   * Passes it on to a client, its head at once, and with it what was held.
   *
   * @param asked whether what our asking added is to be hidden
   */
  void deliver(
      boolean asked,
      UpstreamConfig upstream,
      ClientStream client,
      HttpResponse head,
      BodyFraming framing) {
    boolean beats = plainStream && !upstream.heartbeat().isZero();
    delivery = client.start(head, framing, plainStream && asked ? window : 0, beats);
    if (held != null) {
      held.pour(delivery);
      held = null;
    }
  }

  void payload(ByteBuf buf, int index, int length) {
    tap.payload(buf, index, length);
    if (firstEventNanos == 0 && tap.events() > 0) {
      firstEventNanos = System.nanoTime();
    }
    if (held != null) {
      held.read(buf, index, length);
    }
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
    if (held != null) {
      held.add(buf, forwardable);
    } else if (delivery != null) {
      delivery.bytes(buf, forwardable, last);
    } else {
      drainedBytes += buf.readableBytes();
      buf.release();
    }
  }

  /** Sends the client a sign of life, if it may now; whether it was. */
  boolean beat() {
    return delivery != null && delivery.beat();
  }

  /** Finds out whether the client is still there; false: it cannot be found out now. */
  boolean probe(boolean betweenChunks) {
    return delivery != null && delivery.probe(betweenChunks);
  }

  /** What is held of it for its reading, or back from its client. */
  long heldBytes() {
    long waiting = held == null ? 0 : held.bytes();
    return waiting + tap.heldBytes() + (delivery == null ? 0 : delivery.heldBytes());
  }

  /** The read loop is over. */
  void readComplete() {
    tap.readComplete();
    if (delivery != null) {
      delivery.readComplete();
    }
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

  /** Tells a row what has come of it: nothing more will. */
  void over(CallRecorder row) {
    row.responseOver(receivedBytes, firstByteNanos, streamed ? firstEventNanos : firstByteNanos);
  }

  UsageReading read(Stats stats) {
    if (exceededWindow()) {
      stats.count(Metric.OUTSIDE_WINDOW);
    }
    return HeaderUsage.complete(tap.finish(whole), headCounts, whole);
  }

  /** Whether something in it was too large to be held and looked at. */
  private boolean exceededWindow() {
    return tap.exceededWindow() || (delivery != null && delivery.exceededWindow());
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
   * @return whether an event was hidden from it
   */
  boolean stopDelivery() {
    boolean hid = delivery != null && delivery.hidAnEvent();
    if (delivery != null) {
      delivery.close();
      delivery = null;
    }
    if (held != null) {
      held.release();
      held = null;
    }
    return hid;
  }
}
