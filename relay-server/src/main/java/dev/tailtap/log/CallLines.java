package dev.tailtap.log;

import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes records as lines: {@code timestamp}, which is when the call ended, then the columns. What
 * cannot be written is counted, and said once a minute. The thread of its {@link Handoff} only.
 */
final class CallLines implements Handoff.Receiver<UsageRecord> {
  private static final Logger LOG = LoggerFactory.getLogger(CallLines.class);
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final BiConsumer<UsageRecord, JsonGenerator> columns;
  private final AppendedFile file;
  private final Stats stats;
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private int lines; // in the text
  private boolean said; // that it fails
  private long saidAt; // nanoseconds

  CallLines(BiConsumer<UsageRecord, JsonGenerator> columns, AppendedFile file, Stats stats) {
    this.columns = columns;
    this.file = file;
    this.stats = stats;
  }

  @Override
  public void take(UsageRecord record) {
    int before = text.size();
    ByteArrayOutputStream line = new ByteArrayOutputStream(1_024);
    try {
      try (JsonGenerator out = FACTORY.createGenerator(ObjectWriteContext.empty(), line)) {
        Instant ended = record.end().at().truncatedTo(ChronoUnit.MICROS); // as the row has it
        out.writeStartObject();
        out.writeStringProperty("timestamp", ended.toString());
        columns.accept(record, out);
        out.writeEndObject();
      }
      line.write('\n');
      text.writeBytes(line.toByteArray());
      lines++;
    } catch (RuntimeException unwritable) { // one line of it must not cost the others
      assert text.size() == before;
      fail(1, unwritable.toString());
    }
  }

  @Override
  public void turnOver() {
    if (lines == 0) {
      return;
    }
    try {
      file.append(text.toByteArray());
    } catch (IOException | RuntimeException e) {
      fail(lines, e.toString());
    }
    lines = 0;
    text.reset();
  }

  @Override
  public void over() {
    file.close();
  }

  private void fail(int lost, String reason) {
    stats.add(Label.CALL_LOG_FAILED, lost);
    long now = System.nanoTime();
    if (!said || now - saidAt > QUIET_NANOS) {
      said = true;
      saidAt = now;
      LOG.warn("event=call_log_failed file={} reason=\"{}\"", file, reason.replace('"', '\''));
    }
  }
}
