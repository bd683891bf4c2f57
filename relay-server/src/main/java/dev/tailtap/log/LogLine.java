package dev.tailtap.log;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/**
 * What was logged, as the thread that did so left it. Immutable.
 *
 * @param thread its name
 */
record LogLine(LogRecord record, String thread) {
  /** Of what the present thread logs; its arguments, which may change, are put into the message. */
  static LogLine of(LogRecord record) {
    if (record.getParameters() != null || record.getResourceBundle() != null) {
      record.setMessage(new SimpleFormatter().formatMessage(record));
      record.setParameters(null);
      record.setResourceBundle(null);
    }
    return new LogLine(record, Thread.currentThread().getName());
  }

  String message() {
    return String.valueOf(record.getMessage());
  }

  /** The word for how grave it is. */
  String level() {
    int level = record.getLevel().intValue();
    if (level >= Level.SEVERE.intValue()) {
      return "ERROR";
    }
    if (level >= Level.WARNING.intValue()) {
      return "WARN";
    }
    if (level >= Level.INFO.intValue()) {
      return "INFO";
    }
    return level >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
  }
}
