package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.Denial;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpResponse;

/**
 * The client of one exchange, as the exchange sees it: the twin of {@link
 * dev.tailtap.upstream.ResponseSink} on the other side. Event loop only, except where stated.
 *
 * <pre>
 * (interim | probe)* ─► start ─► Delivery … ─► exchangeOver
 *    or exchangeOver, with which the client is answered by whoever implements this
 * </pre>
 *
 * <p>A client that left is reported to the exchange, and is sent nothing after that.
 */
public interface ClientStream {
  /** Where buffers for this client come from. */
  ByteBufAllocator alloc();

  /** Passes an interim response on to a client that knows them. */
  void interim(HttpResponse head);

  /**
   * Writes the head of the response and gives the way for its body.
   *
   * @param hidingWindow 0: nothing is hidden in it
   * @param beats whether heartbeats may go between its events
   */
  Delivery start(HttpResponse head, BodyFraming framing, int hidingWindow, boolean beats);

  /** Hands all that was written to the kernel. */
  void flush();

  /** Whether the client takes more at present. */
  boolean writable();

  /** Reads on, or lets the kernel's window fill up, as the upstream takes the body. */
  void setReading(boolean reading);

  /** Whether the client's bytes are read at present. */
  boolean reading();

  /**
   * Writes what a client that is still there does not mind, and one that is not answers with a
   * reset; before the head of the response.
   *
   * @return false: it would mind
   */
  boolean probe();

  /** Runs something on the event loop of this client; any thread, and nowhere once it ended. */
  void onLoop(Runnable task);

  /**
   * The request goes to no upstream: it is to be answered so. Told once, and last, in the place of
   * {@link #exchangeOver}.
   */
  void refused(Denial why);

  /**
   * The exchange has ended in some way other than this client's leaving; told once, and last.
   *
   * @param headSent whether the head of a response was written
   */
  void exchangeOver(Ending ending, boolean headSent);
}
