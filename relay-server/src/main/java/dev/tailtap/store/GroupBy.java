package dev.tailtap.store;

import java.util.Locale;

/** What the sums of {@link UsageReads#stats} are grouped by. */
public enum GroupBy {
  DAY("YYYY-MM-DD"),
  HOUR("YYYY-MM-DD\"T\"HH24:MI:SS\"Z\""),
  MODEL(null),
  UPSTREAM(null),
  TENANT(null);

  /** How its time is written; null: it is a name. */
  private final String format;

  GroupBy(String format) {
    this.format = format;
  }

  /** What a caller says for it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The group in a table whose lines are of the time in this column. */
  String of(String time) {
    if (word().equals(time)) {
      return time; // it is one already
    }
    return format == null ? word() : "date_trunc('" + word() + "', " + time + ", 'UTC')";
  }

  /** That group as text. */
  String text(String group) {
    return format == null ? group : "to_char(" + group + " at time zone 'UTC', '" + format + "')";
  }

  /** Whether groups follow each other in time; the others are ordered by weight. */
  boolean isTime() {
    return format != null;
  }
}
