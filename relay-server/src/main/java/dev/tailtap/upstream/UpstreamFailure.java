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
  /** What happened, and in which phase. */
  public enum Kind {
    CONNECT_REFUSED,
    CONNECT_TIMEOUT,
    TLS_HANDSHAKE,
    /** Its certificate names another host, has expired, or nobody trusted vouches for it. */
    TLS_UNTRUSTED,
    /** Closed before any byte of a response, or lost before the request. */
    NO_BYTE,
    /** Reset before any byte of a response. */
    NO_BYTE_RESET,
    /** Closed in a response head. */
    HEAD_CUT,
    HEAD_RESET,
    /** A response head that breaks RFC 9112, or switches protocols. */
    BAD_HEAD,
    /** Closed in the body. */
    BODY_CUT,
    BODY_RESET,
    /** Chunk framing that breaks RFC 9112. */
    BAD_FRAMING
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

  /** Whether the connection was lost before it said anything. */
  public boolean beforeAnyByte() {
    return kind == Kind.NO_BYTE || kind == Kind.NO_BYTE_RESET;
  }
}
