package dev.tailtap.upstream;

import dev.tailtap.http1.ResponseFault;

/**
 * Why an upstream did not give a whole answer: the kind, by which the caller decides, and for the
 * log the rule that was broken and the cause.
 *
 * @param rule of a response that breaks one; else null
 * @param cause a few words of ours, or of a catalogue of known texts: no byte of a message
 */
public record UpstreamFailure(Kind kind, ResponseFault rule, String cause) {
  /** Whether the request may be sent once more after a failure (RFC 9110 section 9.2.2). */
  public enum Retry {
    /** No byte of it can have left: it may, to any upstream. */
    UNSENT,
    /**
     * Its connection was lost before a byte of an answer came: nobody knows whether it was worked
     * on, unless none of it had been written. The usual end of a connection that was kept too long.
     */
    UNANSWERED,
    /** The upstream had begun to answer. */
    NEVER
  }

  /** What happened, and in which phase. */
  public enum Kind {
    CONNECT_REFUSED(Retry.UNSENT),
    CONNECT_TIMEOUT(Retry.UNSENT),
    TLS_HANDSHAKE(Retry.UNSENT),
    /** Its certificate names another host, has expired, or nobody trusted vouches for it. */
    TLS_UNTRUSTED(Retry.UNSENT),
    /** Closed before any byte of a response, or lost before the request. */
    NO_BYTE(Retry.UNANSWERED),
    /** Reset before any byte of a response. */
    NO_BYTE_RESET(Retry.UNANSWERED),
    /** Closed in a response head. */
    HEAD_CUT(Retry.NEVER),
    HEAD_RESET(Retry.NEVER),
    /** A response head that breaks RFC 9112, or switches protocols. */
    BAD_HEAD(Retry.NEVER),
    /** Closed in the body. */
    BODY_CUT(Retry.NEVER),
    BODY_RESET(Retry.NEVER),
    /** Chunk framing that breaks RFC 9112. */
    BAD_FRAMING(Retry.NEVER);

    private final Retry retry;

    Kind(Retry retry) {
      this.retry = retry;
    }
  }

  static UpstreamFailure of(Kind kind, String cause) {
    return new UpstreamFailure(kind, null, cause);
  }

  static UpstreamFailure badHead(ResponseFault rule) {
    return new UpstreamFailure(Kind.BAD_HEAD, rule, "the head of the answer breaks HTTP/1.1");
  }

  static UpstreamFailure badFraming(ResponseFault rule) {
    return new UpstreamFailure(Kind.BAD_FRAMING, rule, "the chunks of the answer break HTTP/1.1");
  }

  /** Whether the request may be sent once more. */
  public Retry retry() {
    return kind.retry;
  }
}
