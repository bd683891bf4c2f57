package dev.tailtap.log;

import dev.tailtap.config.LogConfig;
import java.io.PrintStream;
import java.time.Duration;
import java.util.logging.Handler;
import java.util.logging.Logger;

/**
 * The log of the process, of which there is one: the JDK's, which all libraries log to as well.
 * Nobody who logs ever waits for whoever reads it. Any thread.
 */
public final class ProcessLog {
  private ProcessLog() {}

  /** From now on a thread writes it there; once, and later calls change nothing. */
  public static void install(PrintStream err) {
    if (handler() == null) {
      Logger all = Logger.getLogger("");
      for (Handler before : all.getHandlers()) {
        all.removeHandler(before);
      }
      LogHandler handler = new LogHandler(err);
      handler.use(
          LogConfig.Format.TEXT, LogLevels.of(LogConfig.Level.INFO, System.getProperties()));
      all.addHandler(handler);
    }
  }

  /** By these settings from the next line on. */
  public static void use(LogConfig config) {
    LogHandler handler = handler();
    if (handler != null) {
      handler.use(config.format(), LogLevels.of(config.level(), System.getProperties()));
    }
  }

  /** Whom to tell of each line that is dropped; must not block. */
  public static void onDropped(Runnable told) {
    LogHandler handler = handler();
    if (handler != null) {
      handler.onDropped(told);
    }
  }

  /** Waits until all is written that was logged before; false: it is not, in that time. */
  public static boolean flush(Duration atMost) {
    LogHandler handler = handler();
    return handler == null || handler.flush(atMost);
  }

  /** Null: it is not installed. */
  private static LogHandler handler() {
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      if (handler instanceof LogHandler ours) {
        return ours;
      }
    }
    return null;
  }
}
