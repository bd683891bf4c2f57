package dev.tailtap.exchange;

import dev.tailtap.upstream.UpstreamConnection;
import dev.tailtap.usage.RequestReading;
import dev.tailtap.usage.RequestScan;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.util.AsciiString;

/**
 * A request body on its way to the upstream. It either streams, held only until the connection is
 * there, or is collected whole, so that the question for usage can be added to it. What it says is
 * read as it passes. Event loop only.
 */
final class Upload {
  private static final AsciiString CRLF = AsciiString.cached("\r\n");
  private static final AsciiString LAST_CHUNK = AsciiString.cached("0\r\n\r\n");

  private final ByteBufAllocator alloc;
  private final boolean collected;
  private final boolean chunked;
  private final long maxBytes;
  private final RequestScan scan; // null: the body is nothing that it could read

  private CompositeByteBuf held; // what came and is not sent yet; null: nothing
  private UpstreamConnection upstream; // null until leased
  private CompositeByteBuf sent; // what would be sent again; null: it is not, or is too much
  private int sentLimit;
  private boolean stopped; // the upstream takes no more: what comes is dropped
  private long bytes;
  private ByteBuf unasked; // the body without our question, until the upstream has taken it
  private boolean complete;
  private boolean asked;

  /**
   * Expects a body.
   *
   * @param collected whether to hold it until it is whole
   * @param chunked whether it goes on chunked; else it has the length that its head said
   * @param readable whether it may be JSON that names a model
   */
  Upload(
      ByteBufAllocator alloc, boolean collected, boolean chunked, boolean readable, long maxBytes) {
    this.alloc = alloc;
    this.collected = collected;
    this.chunked = chunked;
    this.maxBytes = maxBytes;
    scan = readable || collected ? new RequestScan() : null;
  }

  /**
   * Takes the next part; ownership passes.
   *
   * @return false if the body is now larger than it may be
   */
  boolean accept(ByteBuf part, boolean last) {
    bytes += part.readableBytes();
    if (bytes > maxBytes) {
      part.release();
      return false;
    }
    complete = last;
    if (scan != null) {
      scan.feed(part);
    }
    if (upstream != null) {
      send(part);
    } else {
      hold(part);
    }
    if (collected && last) {
      ask();
    }
    return true;
  }

  /** Whether a connection is of use already. */
  boolean ready() {
    return !collected || complete;
  }

  boolean complete() {
    return complete;
  }

  /** Whether it is the upstream that does not go on: it has all, or takes no more at present. */
  boolean waitsForUpstream() {
    return complete || (upstream != null && !upstream.isWritable());
  }

  /** Bytes of the body as the client sent it, so far. */
  long bytes() {
    return bytes;
  }

  /** Whether the question for usage was added. */
  boolean asked() {
    return asked;
  }

  /** What the body says; null if it says nothing readable. */
  RequestReading reading() {
    return scan == null || bytes == 0 ? null : scan.reading();
  }

  /** Whether the body is sent once it is whole, and thus with a length. */
  boolean collected() {
    return collected;
  }

  /** The length that a collected body now has. */
  int heldBytes() {
    return held == null ? 0 : held.readableBytes();
  }

  /**
   * The connection is there and has the head: sends what is held, and from now on what comes.
   *
   * @param repeatable how many bytes of it are kept so that it can be sent again; -1: not at all
   */
  void attach(UpstreamConnection connection, int repeatable) {
    upstream = connection;
    sentLimit = repeatable;
    sent = repeatable < 0 ? null : alloc.compositeBuffer(Integer.MAX_VALUE);
    if (held != null) {
      ByteBuf all = held;
      held = null;
      send(all);
    } else if (complete) {
      finish();
    }
  }

  /** Whether all that was sent is still there. */
  boolean repeatable() {
    return sent != null;
  }

  /** Holds what was sent, for another connection. */
  void repeat() {
    held = sent;
    sent = null;
    upstream = null;
  }

  /** The upstream wants no more of it (RFC 9112 section 9.5). */
  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  /** Takes the question back, so that the body can be sent as the client made it. */
  void unask() {
    dropSent();
    held = alloc.compositeBuffer(Integer.MAX_VALUE).addComponent(true, unasked);
    unasked = null;
    asked = false;
    upstream = null;
  }

  /** The upstream has taken the request: what was kept for another try is let go. */
  void taken() {
    dropSent();
    if (unasked != null) {
      unasked.release();
      unasked = null;
    }
  }

  /** Releases what is held; nothing is sent after it. */
  void close() {
    if (held != null) {
      held.release();
      held = null;
    }
    taken();
    upstream = null;
  }

  private void hold(ByteBuf part) {
    if (!part.isReadable()) {
      part.release();
      return;
    }
    if (held == null) {
      held = alloc.compositeBuffer(Integer.MAX_VALUE);
    }
    held.addComponent(true, part);
  }

  private void send(ByteBuf part) {
    keep(part);
    if (stopped || !part.isReadable()) {
      part.release();
    } else if (chunked && !collected) {
      sendChunk(part);
    } else {
      upstream.write(part);
    }
    if (complete && !stopped) {
      finish();
    }
  }

  private void keep(ByteBuf part) {
    if (sent == null) {
      return;
    }
    if (part.readableBytes() > sentLimit - sent.readableBytes()) {
      dropSent();
    } else if (part.isReadable()) {
      sent.addComponent(true, part.retainedSlice());
    }
  }

  private void dropSent() {
    if (sent != null) {
      sent.release();
      sent = null;
    }
  }

  private void sendChunk(ByteBuf part) {
    ByteBuf size = alloc.buffer(18);
    ByteBufUtil.writeAscii(size, Integer.toHexString(part.readableBytes()));
    ByteBufUtil.writeAscii(size, CRLF);
    upstream.write(size);
    upstream.write(part);
    upstream.write(ByteBufUtil.writeAscii(alloc, CRLF));
  }

  private void finish() {
    if (chunked && !collected) {
      upstream.write(ByteBufUtil.writeAscii(alloc, LAST_CHUNK));
    }
    upstream.requestComplete();
  }

  private void ask() {
    if (held == null) {
      return;
    }
    ByteBuf asking = scan.ask(held, alloc);
    if (asking != null) {
      unasked = held;
      held = alloc.compositeBuffer(Integer.MAX_VALUE).addComponent(true, asking);
      asked = true;
    }
  }
}
