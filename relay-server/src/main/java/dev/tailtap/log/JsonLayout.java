package dev.tailtap.log;

import dev.tailtap.record.CleanText;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * One JSON object: time (UTC), level, logger, thread, message; the words of an event, each {@code
 * key=value} or {@code key="several words"}, once more as members, all of them strings, so that a
 * member has one type whatever it says; what was thrown with its stack trace.
 */
final class JsonLayout implements Layout {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final String EVENT = "event=";
  private static final Set<String> OWN =
      Set.of("timestamp", "level", "logger", "thread", "message", "exception");

  @Override
  public String of(LogLine line) {
    StringWriter text = new StringWriter(256);
    try (JsonGenerator out = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartObject();
      out.writeStringProperty("timestamp", line.record().getInstant().toString());
      out.writeStringProperty("level", line.level());
      out.writeStringProperty("logger", line.record().getLoggerName());
      out.writeStringProperty("thread", line.thread());
      String message = CleanText.of(line.message());
      out.writeStringProperty("message", message);
      if (message.startsWith(EVENT)) {
        words(message, out);
      }
      Throwable thrown = line.record().getThrown();
      if (thrown != null) {
        out.writeStringProperty("exception", CleanText.of(trace(thrown)));
      }
      out.writeEndObject();
    }
    return text.append('\n').toString();
  }

  private static void words(String message, JsonGenerator out) {
    Set<String> said = new HashSet<>(OWN);
    EventWords.each(
        message,
        (key, value) -> {
          if (said.add(key)) {
            out.writeStringProperty(key, value);
          }
        });
  }

  private static String trace(Throwable thrown) {
    StringWriter text = new StringWriter();
    PrintWriter trace = new PrintWriter(text);
    thrown.printStackTrace(trace);
    trace.flush();
    return text.toString();
  }
}
