package dev.tailtap.redis;

/**
 * What a {@link Link} is doing.
 *
 * <pre>
 *   RESTING ──▶ DIALLING ──▶ GREETING ──▶ READY
 *      ▲           │            │  ▲        │ │
 *      │           │            │  └────────┘ │  functions forgotten
 *      └───────────┴────────────┴─────────────┘  lost, cut, or not usable
 *   any ──▶ CLOSED
 * </pre>
 */
enum LinkPhase {
  RESTING,
  DIALLING,
  GREETING,
  READY,
  CLOSED;

  boolean mayBecome(LinkPhase next) {
    return switch (this) {
      case RESTING -> next == DIALLING || next == CLOSED;
      case DIALLING -> next == GREETING || next == RESTING || next == CLOSED;
      case GREETING -> next == READY || next == RESTING || next == CLOSED;
      case READY -> next == GREETING || next == RESTING || next == CLOSED;
      case CLOSED -> false;
    };
  }
}
