package dev.tailtap.client;

/**
 * How far a {@link ClientConnection} is with the request whose turn it is. Its constants and {@link
 * #leadsTo} are the diagram:
 *
 * <pre>
 * IDLE ─head─► ADMITTING ─admitted─► EXCHANGE ─over─► IDLE …
 *                  └─ refused ─► IDLE …
 *  └─ refused, bad framing, "close" ─┴──────► LINGERING ─► CLOSED, to which each leads
 * </pre>
 */
enum ConnectionPhase {
  /** The next request is awaited, or what is left of one that was refused. */
  IDLE,
  /** A request waits for its admission. */
  ADMITTING,
  /** It has its exchange. */
  EXCHANGE,
  /** All is said: what still comes is dropped, and the client's own end awaited. */
  LINGERING,
  CLOSED;

  /** Whether there is an arrow from here to there. */
  boolean leadsTo(ConnectionPhase next) {
    return switch (this) {
      case IDLE -> next == ADMITTING || next == LINGERING || next == CLOSED;
      case ADMITTING -> next != ADMITTING;
      case EXCHANGE -> next == IDLE || next == LINGERING || next == CLOSED;
      case LINGERING -> next == LINGERING || next == CLOSED; // itself: it is cut short
      case CLOSED -> false;
    };
  }

  /** Whether nothing more that comes is looked at. */
  boolean over() {
    return this == LINGERING || this == CLOSED;
  }
}
