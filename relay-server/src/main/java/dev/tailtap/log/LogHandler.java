package dev.tailtap.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.config.LogConfig;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Takes all that the process logs to a thread, which writes it to a stream that may block. Who logs
 * never waits: what finds no room is dropped, counted, and told of once there is room again.
 */
final class LogHandler extends Handler implements Handoff.Receiver<LogLine> {
  private static final int ROOM = 4_096;

  /** Of a process that ends: somebody may read yet. */
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private final PrintStream err;
  private final AtomicLong dropped = new AtomicLong(); // and not told of
  private final Handoff<LogLine> lines;
  private final List<Logger> levels = new ArrayList<>(); // the JDK forgets one that nobody holds
  private volatile Layout layout = new TextLayout();
  private volatile Runnable onDropped = () -> {};

  LogHandler(PrintStream err) {
    this.err = err;
    lines = new Handoff<>("tailtap-stderr", ROOM, Duration.ZERO, this);
  }

  @Override
  public void publish(LogRecord record) {
    if (!lines.offer(LogLine.of(record))) {
      dropped.getAndIncrement();
      onDropped.run();
    }
  }

  /** By the caller's settings from the next line on, and those of the command line over them. */
  void use(LogConfig.Format format, LogLevels wanted) {
    layout =
        switch (format) {
          case TEXT -> new TextLayout();
          case JSON -> new JsonLayout();
        };
    synchronized (levels) {
      wanted
          .byLogger()
          .forEach(
              (name, level) -> {
                Logger logger = Logger.getLogger(name);
                logger.setLevel(level);
                levels.add(logger);
              });
    }
  }

  /** Whom to tell of each line that is dropped; must not block. */
  void onDropped(Runnable told) {
    onDropped = told;
  }

  boolean flush(Duration atMost) {
    return lines.flush(atMost);
  }

  @Override
  public void take(LogLine line) {
    try {
      byte[] bytes = layout.of(line).getBytes(UTF_8);
      err.write(bytes, 0, bytes.length);
    } catch (RuntimeException unwritable) {
      dropped.getAndIncrement();
      onDropped.run();
    }
  }

  @Override
  public void turnOver() {
    long lost = dropped.getAndSet(0);
    if (lost > 0) {
      LogRecord told = new LogRecord(Level.WARNING, "event=log_lines_dropped count=" + lost);
      told.setLoggerName(LogHandler.class.getName());
      take(LogLine.of(told));
    }
    err.flush();
  }

  @Override
  public void over() {}

  @Override
  public void flush() {}

  /** By the JDK, when the process ends. */
  @Override
  public void close() {
    lines.flush(LAST_WORDS);
  }
}
