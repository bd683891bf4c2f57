package dev.tailtap.config;

import java.time.Duration;

/**
 * How usage is found and when a stream is settled.
 *
 * @param drainTime how long an upstream may go on after its client left, with {@code DRAIN}
 * @param drainBytes how much it may still send then
 * @param settleTimeout how long the end of a response waits for its record, with {@code BEFORE_END}
 * @param window bytes held of what must be whole to be understood: an incomplete event that may
 *     have to be hidden, and one binary message of Amazon's. JSON is read as it streams by, however
 *     large
 */
public record UsageConfig(
    OnClientAbort onClientAbort,
    Duration drainTime,
    long drainBytes,
    Settle settle,
    Duration settleTimeout,
    int window) {

  /** What becomes of the upstream when the client leaves first. */
  public enum OnClientAbort {
    CANCEL,
    DRAIN
  }

  /** Whether the end of a response waits until its record is safe. */
  public enum Settle {
    BEFORE_END,
    AFTER
  }
}
