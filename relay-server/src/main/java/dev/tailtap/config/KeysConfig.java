package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.FILE;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The relay's own keys, which it gives to callers.
 *
 * @param file where they are kept; null: in the table {@code tailtap_key}
 * @param refresh how often a relay looks for what has changed there
 */
public record KeysConfig(Path file, Duration refresh, Required required) {
  public static final Setting<Path> KEYS_FILE =
      Setting.of(
              "keys.file",
              FILE,
              "",
              "A file of the relay's own keys, a line for each; empty: they are in the database")
          .atStart();
  static final Setting<Duration> REFRESH =
      Setting.of(
              "keys.refresh",
              DURATION,
              "10s",
              "How often the relay looks for keys that are new, changed or revoked")
          .atStart();
  public static final Setting<Required> REQUIRED =
      Setting.of(
          "keys.required",
          ValueType.oneOf(Required.class),
          "auto",
          "Whether each request has to show a key of the relay's own; auto: as soon as there is one");

  /** Whether a request has to show one. */
  public enum Required {
    /** As soon as there is one, be it expired or revoked. */
    AUTO,
    TRUE,
    /** Who shows none goes on with what it shows. */
    FALSE
  }

  static KeysConfig of(Settings settings) {
    return new KeysConfig(settings.get(KEYS_FILE), settings.get(REFRESH), settings.get(REQUIRED));
  }
}
