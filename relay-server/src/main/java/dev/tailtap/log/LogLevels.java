package dev.tailtap.log;

import dev.tailtap.config.LogConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;

/**
 * What is logged, by the beginning of a logger's name; of several the longest counts. Immutable.
 *
 * @param byLogger by name; that of all is empty
 */
record LogLevels(Map<String, Level> byLogger) {
  /** A property of the JVM: {@code -Dtailtap.log.dev.tailtap.usage=debug}. */
  private static final String PROPERTY = "tailtap.log.";

  /** Libraries whose notes are for their own makers. */
  private static final List<String> QUIET =
      List.of("com.zaxxer.hikari", "io.netty", "io.zonky", "jdk");

  /** By the settings, over which the JVM's properties go. */
  static LogLevels of(LogConfig.Level level, Properties properties) {
    Map<String, Level> levels = new LinkedHashMap<>();
    levels.put("", of(level));
    boolean grave = level == LogConfig.Level.ERROR;
    QUIET.forEach(name -> levels.put(name, grave ? Level.SEVERE : Level.WARNING));
    for (String property : properties.stringPropertyNames()) {
      if (property.startsWith(PROPERTY)) {
        levels.put(property.substring(PROPERTY.length()), of(properties.getProperty(property)));
      }
    }
    return new LogLevels(levels);
  }

  private static Level of(LogConfig.Level level) {
    return switch (level) {
      case ERROR -> Level.SEVERE;
      case WARN -> Level.WARNING;
      case INFO -> Level.INFO;
      case DEBUG -> Level.FINE;
    };
  }

  /** A word beyond the settings' own: {@code off}, {@code trace}; INFO if it is none at all. */
  private static Level of(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "off" -> Level.OFF;
      case "error" -> Level.SEVERE;
      case "warn" -> Level.WARNING;
      case "debug" -> Level.FINE;
      case "trace" -> Level.FINEST;
      default -> Level.INFO;
    };
  }
}
