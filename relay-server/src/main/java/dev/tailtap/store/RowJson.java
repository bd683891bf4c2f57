package dev.tailtap.store;

import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import tools.jackson.core.JsonGenerator;

/** A record as the members of a JSON object, by the names of its columns. Stateless. */
public final class RowJson {
  private RowJson() {}

  /** Writes each column that is not null, in their order, as the admin port shows it of the row. */
  public static void write(UsageRecord record, JsonGenerator out) {
    for (Column column : Column.values()) {
      Object value = column.plain(record);
      if (value != null) {
        write(out.writeName(column.label()), value);
      }
    }
  }

  private static void write(JsonGenerator out, Object value) {
    if (value instanceof Boolean truth) {
      out.writeBoolean(truth);
    } else if (value instanceof BigDecimal exact) {
      out.writeNumber(exact);
    } else if (value instanceof StoredRecord.Json json) {
      out.writeRawValue(json.text());
    } else if (value instanceof Number number) {
      out.writeNumber(number.longValue());
    } else {
      out.writeString(value.toString());
    }
  }
}
