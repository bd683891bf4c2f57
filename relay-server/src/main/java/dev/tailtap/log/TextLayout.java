package dev.tailtap.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Time, thread, level, the last word of the logger's name, message; a stack trace below. */
final class TextLayout implements Layout {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  @Override
  public String of(LogLine line) {
    StringWriter text = new StringWriter(160);
    text.append(TIME.format(line.record().getInstant()));
    text.append(" [").append(line.thread()).append("] ").append(line.level()).append(' ');
    text.append(shortName(line.record().getLoggerName())).append(" - ");
    text.append(line.message()).append('\n');
    Throwable thrown = line.record().getThrown();
    if (thrown != null) {
      PrintWriter trace = new PrintWriter(text);
      thrown.printStackTrace(trace);
      trace.flush();
    }
    return text.toString();
  }

  private static String shortName(String logger) {
    return logger == null ? "" : logger.substring(logger.lastIndexOf('.') + 1);
  }
}
