package dev.tailtap.config;

import java.util.Locale;

/**
 * What the relay says beside its rows and figures.
 *
 * @param calls where a line for each row goes: {@code stdout} or a file; empty: nowhere
 * @param format of the relay's own log
 * @param level what stands in it at least
 */
public record LogConfig(String calls, Format format, Level level) {
  /** The word for standard output. */
  public static final String STDOUT = "stdout";

  static final Setting<String> CALLS =
      Setting.of(
          "log.calls",
          ValueType.OUTPUT,
          "",
          "Where a JSON line for each row goes: stdout or a file; empty: nowhere");
  static final Setting<Format> FORMAT =
      Setting.of(
          "log.format",
          ValueType.oneOf(Format.class),
          "text",
          "How the relay's own log is written: text, or a JSON object a line");
  static final Setting<Level> LEVEL =
      Setting.of(
          "log.level",
          ValueType.oneOf(Level.class),
          "info",
          "What stands in the relay's own log: error, warn, info or debug, and what is graver");

  /** How a line is written. */
  public enum Format {
    TEXT,
    JSON
  }

  /** How grave something is, the gravest first. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG;

    /** By its word; in any case of letters. */
    public static Level named(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /** Reads its settings alone. */
  public static LogConfig of(Settings settings) {
    return new LogConfig(settings.get(CALLS), settings.get(FORMAT), settings.get(LEVEL));
  }
}
