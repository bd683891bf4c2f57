package dev.tailtap.store;

import java.util.Map;

/**
 * One row of {@code usage_record}.
 *
 * @param columns in the order of the table; values are {@code String} (also ids, and times in
 *     ISO-8601), {@code Long}, {@code Boolean}, or null
 */
public record StoredRecord(Map<String, Object> columns) {
  /** A value that is JSON itself. */
  public record Json(String text) {
    @Override
    public String toString() {
      return text;
    }
  }
}
