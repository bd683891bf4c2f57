package dev.tailtap.upstream;

/** Why an upstream did not give a whole answer: kinds, not texts, so that the caller decides. */
public enum UpstreamFailure {
  CONNECT_REFUSED,
  CONNECT_TIMEOUT,
  TLS_HANDSHAKE,
  /** Its certificate names another host, has expired, or nobody trusted vouches for it. */
  TLS_UNTRUSTED,
  /** Closed or reset before any byte of a response, or lost before the request. */
  NO_BYTE,
  /** Closed or reset in a response head. */
  NO_HEAD,
  /** A response head that breaks RFC 9112, or switches protocols. */
  BAD_HEAD,
  /** Closed or reset in the body. */
  CUT,
  /** Chunk framing that breaks RFC 9112. */
  BAD_FRAMING
}
