package dev.tailtap.client;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.HeadWriter;
import dev.tailtap.http1.HeaderRules;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;

/**
 * How a response goes on to its client, by how it came and what the client understands.
 *
 * @param reframed whether its payload is taken out and framed anew
 * @param chunked whether it goes in chunks
 * @param untilClose whether the end of the connection is its end
 */
record ResponseFraming(boolean reframed, boolean chunked, boolean untilClose) {
  /**
   * Decides.
   *
   * @param http10 whether the client knows no chunks
   * @param changed whether something is hidden in it or added to it
   */
  static ResponseFraming of(BodyFraming.Kind kind, boolean http10, boolean changed) {
    boolean chunkedIn = kind == BodyFraming.Kind.CHUNKED;
    boolean reframed = kind != BodyFraming.Kind.NONE && (changed || (http10 && chunkedIn));
    boolean chunkedOut = !http10 && (reframed || chunkedIn);
    boolean untilClose =
        kind == BodyFraming.Kind.UNTIL_CLOSE ? !chunkedOut : reframed && !chunkedOut;
    return new ResponseFraming(reframed, chunkedOut, untilClose);
  }

  /** The head for the client. */
  ByteBuf head(ByteBufAllocator alloc, HttpResponse head, boolean keepAlive) {
    boolean withoutLength = reframed || head.status().code() == 204; // RFC 9110 section 8.6
    HeadWriter writer =
        HeadWriter.response(alloc, head.status())
            .fields(head.headers(), HeaderRules.droppedFromResponse(head.headers(), withoutLength));
    if (chunked) {
      writer.field(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    if (!keepAlive) {
      writer.field(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    return writer.end();
  }
}
