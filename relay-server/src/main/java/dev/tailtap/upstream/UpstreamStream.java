package dev.tailtap.upstream;

import io.netty.buffer.ByteBuf;

/**
 * The way of one request to an upstream, as its {@link Lessee} gets it, whatever the protocol. It
 * is over with the end or failure that its sink is told, or once abandoned; from then on it may be
 * somebody else's. Event loop only.
 *
 * <pre>
 * begin ─► head ─► body* ─► end, each to be flushed; any of it may be left out
 * </pre>
 */
public interface UpstreamStream {
  /** Who is told of the response, and of the loss of the connection from now on. */
  void begin(ResponseSink sink);

  /** Queues the head of the request. */
  void head(RequestHead head);

  /** Queues the next part of its body, framed as the head said; ownership passes. */
  void body(ByteBuf part);

  /** Queues the end of the body: the request is whole. */
  void end();

  /** Hands what is queued to the kernel; once per read loop. */
  void flush();

  boolean isWritable();

  /** Bytes that are queued and not yet in the kernel's hands. */
  long pendingBytes();

  /** Whether its connection served a request before this one. */
  boolean reused();

  /** Whether the upstream closes after this response, or takes no more of the request already. */
  boolean closing();

  /** Whether a body in chunks is being read, and the next byte begins the size of one. */
  boolean betweenChunks();

  /** Reads on, or lets the kernel's window fill up. */
  void setReading(boolean reading);

  /** Ends it at once: the upstream sees its connection close. Nothing more is told. */
  void abandon();
}
