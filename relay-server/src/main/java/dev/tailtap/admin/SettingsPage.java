package dev.tailtap.admin;

import dev.tailtap.keys.Keyring;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/** The settings in use, and what became of a reload, as JSON or for a terminal. */
final class SettingsPage {
  /** RFC 9110 section 15.5.21: it was understood, and cannot be done. */
  private static final int UNPROCESSABLE = 422;

  private SettingsPage() {}

  static Reply active(LiveSettings.Active active, Keyring keys) {
    return Reply.json(
        200,
        out -> {
          out.writeStartObject();
          out.writeStringProperty("file", active.file());
          out.writeStringProperty("since", active.since().toString());
          keys(out, keys);
          out.writeObjectPropertyStart("settings");
          for (LiveSettings.Value setting : active.settings()) {
            out.writeObjectPropertyStart(setting.key());
            out.writeStringProperty("value", setting.text());
            out.writeStringProperty("source", setting.source());
            out.writeEndObject();
          }
          out.writeEndObject();
          differences(out, "differs", active.differs());
          texts(out, "errors", active.errors());
          out.writeEndObject();
        });
  }

  private static void keys(JsonGenerator out, Keyring keys) {
    out.writeObjectPropertyStart("keys");
    out.writeBooleanProperty("loaded", keys.isLoaded());
    out.writeNumberProperty("count", keys.size());
    if (keys.isLoaded()) {
      out.writeNumberProperty("age_seconds", keys.ageSeconds());
    }
    out.writeEndObject();
  }

  static Reply json(LiveSettings.Reloaded reload) {
    return Reply.json(
        status(reload),
        out -> {
          out.writeStartObject();
          out.writeStringProperty("result", word(reload));
          out.writeStringProperty("since", reload.since().toString());
          texts(out, "changed", reload.changed());
          differences(out, "needs_restart", reload.needsRestart());
          texts(out, "errors", reload.errors());
          texts(out, "warnings", reload.warnings());
          out.writeEndObject();
        });
  }

  /** One line for each thing to know. */
  static Reply text(LiveSettings.Reloaded reload) {
    StringBuilder lines = new StringBuilder();
    reload.errors().forEach(error -> lines.append("error: ").append(error).append('\n'));
    reload.warnings().forEach(warning -> lines.append("warning: ").append(warning).append('\n'));
    reload.changed().forEach(key -> lines.append("changed: ").append(key).append('\n'));
    for (LiveSettings.Difference each : reload.needsRestart()) {
      lines.append("needs a restart: ").append(each.key());
      lines.append(", which stays ").append(shown(each.active()));
      lines.append(" and is ").append(shown(each.file())).append(" in the file\n");
    }
    lines.append(word(reload)).append(": the settings in use are those of ").append(reload.since());
    lines.append(", read from ").append(reload.file());
    return Reply.text(status(reload), lines.toString());
  }

  private static String shown(String value) {
    return value == null ? "unset" : value.isEmpty() ? "empty" : value;
  }

  private static int status(LiveSettings.Reloaded reload) {
    return reload.result() == LiveSettings.Result.REFUSED ? UNPROCESSABLE : 200;
  }

  private static String word(LiveSettings.Reloaded reload) {
    return reload.result().name().toLowerCase(Locale.ROOT);
  }

  private static void texts(JsonGenerator out, String name, List<String> texts) {
    out.writeArrayPropertyStart(name);
    texts.forEach(out::writeString);
    out.writeEndArray();
  }

  private static void differences(
      JsonGenerator out, String name, List<LiveSettings.Difference> differences) {
    out.writeArrayPropertyStart(name);
    for (LiveSettings.Difference each : differences) {
      out.writeStartObject();
      out.writeStringProperty("key", each.key());
      out.writeStringProperty("active", each.active());
      out.writeStringProperty("file", each.file());
      out.writeBooleanProperty("needs_restart", each.needsRestart());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
