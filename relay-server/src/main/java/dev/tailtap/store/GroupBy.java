package dev.tailtap.store;

import java.util.Locale;

/** What the sums of {@link UsageReads#stats} are grouped by. */
public enum GroupBy {
  DAY("to_char(hour at time zone 'UTC', 'YYYY-MM-DD')", true),
  HOUR("to_char(hour at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')", true),
  MODEL("model", false),
  UPSTREAM("upstream", false),
  TENANT("tenant", false);

  private final String expression;
  private final boolean time;

  GroupBy(String expression, boolean time) {
    this.expression = expression;
    this.time = time;
  }

  /** What a caller says for it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The group's key in {@code usage_hour}. */
  String expression() {
    return expression;
  }

  /** Whether groups follow each other in time; the others are ordered by weight. */
  boolean isTime() {
    return time;
  }
}
