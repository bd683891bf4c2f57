package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.FILE;
import static dev.tailtap.config.ValueType.closed;
import static dev.tailtap.config.ValueType.oneOf;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where several relays have the buckets of their limits in common.
 *
 * @param server null: each relay has its own alone
 * @param trust of its certificate; null: what the system trusts
 * @param timeout of each question
 */
public record SharedConfig(RedisAddress server, Path trust, Duration timeout, Away away) {
  public static final Setting<RedisAddress> SERVER =
      Setting.of(
              "limits.shared",
              closed(
                  "empty, or redis:// or rediss:// (TLS), optionally USER:PASSWORD@, a host,"
                      + " optionally :PORT and /DATABASE",
                  text -> text.isEmpty() ? null : RedisAddress.of(text)),
              "",
              "A Redis or Valkey in which relays share their limits; empty: each holds its part")
          .atStart();
  public static final Setting<Path> TRUST =
      Setting.of(
              "limits.shared-trust",
              FILE,
              "",
              "PEM file of the certificates that its server's is to be by; empty: the system's")
          .atStart();
  public static final Setting<Duration> TIMEOUT =
      Setting.of(
              "limits.shared-timeout",
              DURATION,
              "20ms",
              "How long a call waits for its answer; after three without one it is away for a second")
          .atStart();
  static final Setting<Away> AWAY =
      Setting.of(
          "limits.shared-away",
          oneOf(Away.class),
          "local",
          "What holds while it is away: this relay's part, no limit but counts, or no call");

  static SharedConfig of(Settings settings) {
    return new SharedConfig(
        settings.get(SERVER), settings.get(TRUST), settings.get(TIMEOUT), settings.get(AWAY));
  }

  /** What becomes of calls while nobody can ask what relays have in common. */
  public enum Away {
    /** Each relay holds its part. */
    LOCAL,
    /** They are let in, and counted. */
    OPEN,
    /** They are refused. */
    CLOSED
  }
}
