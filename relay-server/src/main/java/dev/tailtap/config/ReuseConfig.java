package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.DURATION_OR_ZERO;
import static dev.tailtap.config.ValueType.FLAG;
import static dev.tailtap.config.ValueType.bufferSize;
import static dev.tailtap.config.ValueType.count;

import java.time.Duration;

/**
 * How connections to one upstream are used again.
 *
 * @param kept idle connections that each event loop keeps; 0: none
 * @param idle how long one is kept
 * @param age how old a connection may be and still take a request; zero: any age
 * @param retry send a request once more if its reused connection was lost before any answer
 * @param retryBody bytes of a request body that are held for that at most
 */
public record ReuseConfig(int kept, Duration idle, Duration age, boolean retry, int retryBody) {
  static final Setting<Integer> KEPT =
      Setting.of(
          "upstream.NAME.keep",
          count(0, 65_536),
          "1024",
          "Idle connections that each event loop keeps; 0: none");
  static final Setting<Duration> IDLE =
      Setting.of("upstream.NAME.keep-idle", DURATION, "55s", "How long an idle connection is kept");
  static final Setting<Duration> AGE =
      Setting.of(
          "upstream.NAME.keep-age",
          DURATION_OR_ZERO,
          "10m",
          "How old a connection may be and still take a request; 0: any age");
  static final Setting<Boolean> RETRY =
      Setting.of(
          "upstream.NAME.retry-reused",
          FLAG,
          "false",
          "Send a request once more if its kept connection was lost before any answer");
  static final Setting<Integer> RETRY_BODY =
      Setting.of(
          "upstream.NAME.retry-body",
          bufferSize(0, 1 << 30),
          "256KiB",
          "Bytes of a body that are held for that");

  static ReuseConfig of(Settings settings, String upstream) {
    return new ReuseConfig(
        settings.get(KEPT, upstream),
        settings.get(IDLE, upstream),
        settings.get(AGE, upstream),
        settings.get(RETRY, upstream),
        settings.get(RETRY_BODY, upstream));
  }
}
