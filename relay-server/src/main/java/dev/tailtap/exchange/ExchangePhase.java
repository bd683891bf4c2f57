package dev.tailtap.exchange;

/**
 * How far an {@link Exchange} has come. Its constants and {@link #leadsTo} are the diagram:
 *
 * <pre>
 * UPLOADING ─► CALLING (again) ──── head ────► STREAMING ─► SETTLING ─► OVER
 *     │         │ ▲ └─head─► HOLDING ──────────────┘ │
 *     │         │ └─ elsewhere ─┘ └──── client gone ─┴─► DRAINING ─► SETTLING
 *     └─ any ending, from any of them ─► SETTLING         refused: UPLOADING ─► OVER
 * </pre>
 */
enum ExchangePhase {
  /** The request comes, and is collected where it is to be whole before it goes on. */
  UPLOADING,
  /** A connection is made, or the head of the response awaited, or a place for another try. */
  CALLING,
  /** A response comes, and is not the client's yet. */
  HOLDING,
  /** The response comes. */
  STREAMING,
  /** The client is gone, and what its upstream still says is read for the record alone. */
  DRAINING,
  /** All is said, and its record awaited. */
  SETTLING,
  OVER;

  /** Whether there is an arrow from here to there. */
  boolean leadsTo(ExchangePhase next) {
    return switch (this) {
      case UPLOADING -> next == CALLING || next == SETTLING || next == OVER;
      case CALLING -> next != UPLOADING && next != OVER; // itself: it starts again
      case HOLDING -> next != UPLOADING && next != OVER && next != HOLDING;
      case STREAMING -> next == DRAINING || next == SETTLING;
      case DRAINING -> next == SETTLING;
      case SETTLING -> next == OVER;
      case OVER -> false;
    };
  }

  /** Whether the exchange has not ended yet. */
  boolean open() {
    return this != SETTLING && this != OVER;
  }
}
