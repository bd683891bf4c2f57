package dev.tailtap.upstream;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.HeadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Set;

/**
 * The head of a request to an upstream, whatever the protocol that carries it: what the client
 * said, less what does not go on, and with what this upstream is told in its place.
 *
 * @param target the client's path and query, to be put behind the upstream's base path
 * @param strip a leading path, in its normal form, that is taken off the target before; empty: none
 * @param fields of the client
 * @param dropped names of those that do not go on, in lower case; those that the upstream's
 *     settings replace need not be among them
 * @param via this relay's entry (RFC 9110 section 7.6.3)
 * @param maxForwards what is left of it (RFC 9110 section 7.6.2); -1: nothing is said of it
 * @param body how the body ends: with a length, by chunks or whatever else the protocol has, or at
 *     once
 * @param key of the upstream's pool; or the one that stands for what the client shows
 * @param auth how the key is shown; with a key of a pool, or NONE, nothing goes on of what the
 *     client shows
 * @param hidden whether nothing goes on of it in any case, since there is a key of this relay in it
 * @param traceparent of this try, where no field of the client's says it; null: it has none
 */
public record RequestHead(
    HttpMethod method,
    String target,
    String strip,
    HttpHeaders fields,
    Set<String> dropped,
    CharSequence via,
    long maxForwards,
    BodyFraming body,
    UpstreamKey key,
    AuthScheme auth,
    boolean hidden,
    CharSequence traceparent) {
  private static final String TRACEPARENT = "traceparent";

  /** As HTTP/1.1 writes it; the caller owns the buffer. */
  ByteBuf http1(ByteBufAllocator alloc, Upstream upstream) {
    boolean ours = hidden || key.label() != null || auth == AuthScheme.NONE;
    HeadWriter head =
        HeadWriter.request(alloc, method.asciiName(), upstream.target(rewritten(ours)))
            .field(HttpHeaderNames.HOST, upstream.authority())
            .fields(fields, dropped, ours ? upstream.ownedFields() : upstream.replacedFields());
    upstream.fields().forEach(head::field);
    if (key.label() != null) {
      head.field(auth.field(), auth.value(key)); // the settings have that field nowhere else
    }
    head.field(HttpHeaderNames.VIA, via);
    if (traceparent != null && !upstream.replacedFields().contains(TRACEPARENT)) {
      head.field(TRACEPARENT, traceparent);
    }
    if (maxForwards >= 0) {
      head.field(HttpHeaderNames.MAX_FORWARDS, Long.toString(maxForwards));
    }
    switch (body.kind()) {
      case LENGTH -> head.field(HttpHeaderNames.CONTENT_LENGTH, Long.toString(body.length()));
      case CHUNKED -> head.field(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
      case NONE, UNTIL_CLOSE -> {}
    }
    return head.end();
  }

  private String rewritten(boolean withoutCredentials) {
    String path = TargetRewrite.withoutPrefix(target, strip);
    return withoutCredentials
        ? TargetRewrite.withoutCredentials(path)
        : TargetRewrite.withoutVirtualKeys(path);
  }
}
