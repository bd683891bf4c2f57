package dev.tailtap.fault;

/** What an upstream of a {@link FailoverHour} does with a request. */
enum Mood {
  WELL,
  /** Every answer takes its time, from its head on. */
  SLOW,
  /** It is gone: nobody listens, and connections that are kept are closed. */
  REFUSING,
  /** It breaks off in the head of its answer. */
  RESETTING,
  /** 503, and not a word of for how long. */
  BUSY,
  /** 429 with Retry-After. */
  LIMITED;

  /** Whether a request is answered well. */
  boolean serves() {
    return this == WELL || this == SLOW;
  }
}
