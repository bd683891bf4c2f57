package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.bufferSize;
import static dev.tailtap.config.ValueType.oneOf;
import static dev.tailtap.config.ValueType.size;

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
  /** What {@link UpstreamConfig#askForUsage} is where an upstream says nothing itself. */
  static final Setting<Include> INCLUDE =
      Setting.of(
          "usage.include",
          oneOf(Include.class),
          "ask",
          "Whether a streaming chat request that says nothing asks for usage");

  static final Setting<OnClientAbort> ON_CLIENT_ABORT =
      Setting.of(
          "usage.on-client-abort",
          oneOf(OnClientAbort.class),
          "cancel",
          "What becomes of the upstream when the client leaves first");
  static final Setting<Duration> DRAIN_TIME =
      Setting.of(
          "usage.drain-time",
          DURATION,
          "30s",
          "How long it is then read on for its usage, with drain");
  static final Setting<Long> DRAIN_BYTES =
      Setting.of(
          "usage.drain-bytes", size(1, 1L << 40), "8MiB", "How many bytes of it, with drain");
  static final Setting<Settle> SETTLE =
      Setting.of(
          "usage.settle",
          oneOf(Settle.class),
          "before-end",
          "Whether the end of a response waits until its record is safe");
  static final Setting<Duration> SETTLE_TIMEOUT =
      Setting.of("usage.settle-timeout", DURATION, "1s", "How long it waits for that");
  static final Setting<Integer> WINDOW =
      Setting.of(
          "usage.window",
          bufferSize(4 << 10, 64 << 20),
          "64KiB",
          "Bytes held of what must be whole to be understood");

  static UsageConfig of(Settings settings) {
    return new UsageConfig(
        settings.get(ON_CLIENT_ABORT),
        settings.get(DRAIN_TIME),
        settings.get(DRAIN_BYTES),
        settings.get(SETTLE),
        settings.get(SETTLE_TIMEOUT),
        settings.get(WINDOW));
  }

  /** Whether usage is asked for where the client said nothing of it. */
  enum Include {
    ASK,
    LEAVE
  }

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
