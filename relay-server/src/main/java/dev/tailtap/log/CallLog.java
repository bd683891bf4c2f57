package dev.tailtap.log;

import dev.tailtap.config.LogConfig;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiConsumer;
import tools.jackson.core.JsonGenerator;

/**
 * A JSON line for each row, on standard output or in a file. Whoever ends a call only hands its
 * record over: what finds no room is dropped and counted. Each place where lines go has a thread of
 * its own, so that one which hangs holds up nothing, not even its successor.
 */
public final class CallLog implements AutoCloseable {
  private static final int ROOM = 8_192;
  private static final Duration LAG = Duration.ofMillis(200);
  private static final Duration LAST_LINES = Duration.ofSeconds(1);

  private final BiConsumer<UsageRecord, JsonGenerator> columns;
  private final Stats stats;
  private String place = ""; // guarded by this
  private volatile Handoff<UsageRecord> lines; // null: it is off

  /**
   * Writes nowhere yet.
   *
   * @param columns writes the members of a line
   */
  public CallLog(BiConsumer<UsageRecord, JsonGenerator> columns, Stats stats) {
    this.columns = columns;
    this.stats = stats;
  }

  /** From the next record on lines go where these settings say. */
  public synchronized void use(LogConfig config) {
    if (config.calls().equals(place)) {
      return;
    }
    place = config.calls();
    Handoff<UsageRecord> before = lines;
    lines = place.isEmpty() ? null : begun(place);
    if (before != null) {
      before.close();
    }
  }

  private Handoff<UsageRecord> begun(String where) {
    AppendedFile file =
        where.equals(LogConfig.STDOUT)
            ? AppendedFile.standardOutput()
            : new AppendedFile(Path.of(where));
    return new Handoff<>("tailtap-calls", ROOM, LAG, new CallLines(columns, file, stats));
  }

  /** A call has become this record. Any thread, never blocks. */
  public void offer(UsageRecord record) {
    Handoff<UsageRecord> to = lines;
    if (to != null && !to.offer(record)) {
      stats.count(Label.CALL_LOG_FULL);
    }
  }

  /** Writes what is there, unless that takes longer than a second. */
  @Override
  public synchronized void close() {
    Handoff<UsageRecord> before = lines;
    lines = null;
    if (before != null) {
      before.close();
      before.flush(LAST_LINES);
    }
  }
}
