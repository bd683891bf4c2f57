package dev.tailtap.store;

import java.time.Instant;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place among the rows, newest first: that of the row with this time and id, whether there is one
 * or not. So it stays where it is while rows come and go.
 *
 * @param micros since 1970, as exact as the table's key
 */
public record RecordCursor(long micros, UUID id) {
  private static final Pattern TEXT =
      Pattern.compile("(\\d{1,17})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

  private static final UUID LOWEST = new UUID(0, 0);

  /** Before all rows from this time on. */
  static RecordCursor at(Instant time) {
    return new RecordCursor(Micros.of(time), LOWEST);
  }

  /** What {@link #toString} gave; null: it is no such text. */
  public static RecordCursor parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? new RecordCursor(Long.parseLong(parts.group(1)), UUID.fromString(parts.group(2)))
        : null;
  }

  Instant time() {
    return Micros.instant(micros);
  }

  /** As SQL, by the table's key; the time alone tells which partitions are none. */
  String older() {
    return "started_at <= '%1$s'::timestamptz and (started_at, id) < ('%1$s'::timestamptz, '%2$s'::uuid)"
        .formatted(time(), id);
  }

  @Override
  public String toString() {
    return micros + "_" + id;
  }
}
