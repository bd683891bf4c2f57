package dev.tailtap.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpMethod;

/**
 * The way of one request to an upstream, as its {@link Lessee} gets it. It is over with the end or
 * failure that its sink is told, or once abandoned; from then on it may be somebody else's. Event
 * loop only.
 */
public interface UpstreamStream {
  /**
   * Who is told of the response; before anything is written.
   *
   * @param method of the request, by which the response is framed (RFC 9112 section 6.3)
   */
  void begin(HttpMethod method, ResponseSink sink);

  /** Queues bytes of the request; ownership passes. Flush once per read loop. */
  void write(ByteBuf bytes);

  void flush();

  /** The last byte of the request was written. */
  void requestComplete();

  boolean isWritable();

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

  Channel channel();
}
