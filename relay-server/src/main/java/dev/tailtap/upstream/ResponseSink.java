package dev.tailtap.upstream;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.BodyScanner;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;

/**
 * Whoever reads the response of an upstream: told, on the event loop of both, what comes.
 *
 * <pre>
 * interim* ─► head ─► (payload | hole)* bytes … ─► end
 *                 or failed, at any point
 * </pre>
 *
 * <p>After {@code failed} or {@code end} nothing more is told.
 */
public interface ResponseSink extends BodyScanner.Spans {
  /** A 1xx answer that is not the last word. */
  void interim(HttpResponse head);

  void head(HttpResponse head, BodyFraming framing);

  /**
   * One buffer as it was read, after its spans were told; the sink owns it now.
   *
   * @param forwardable the index up to which it may go on, but for its holes
   * @param last whether the body is complete with it; {@code end} follows
   */
  void bytes(ByteBuf buf, int forwardable, boolean last);

  /** The read loop is over: flush. */
  void readComplete();

  /**
   * The body is whole.
   *
   * @param bareTerminator see {@link BodyScanner#bareTerminator()}
   */
  void end(boolean bareTerminator);

  void failed(UpstreamFailure why);

  /** Whether the connection takes more of the request body at present. */
  void upstreamWritable(boolean writable);
}
