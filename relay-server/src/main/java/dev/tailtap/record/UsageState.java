package dev.tailtap.record;

import java.util.Locale;

/** How the usage of a response was found; the column {@code usage_state}. */
public enum UsageState {
  /** The provider's last word on a response that came whole. */
  FINAL,
  /** Counts seen before the response broke off; the truth may be higher. */
  PARTIAL,
  ABSENT,
  /** An event that bears usage was there and could not be read. */
  UNREADABLE,
  /** A usage that another row has already; only the database can tell. */
  REPEATED;

  private final String column = name().toLowerCase(Locale.ROOT);

  /** The text in the database. */
  public String column() {
    return column;
  }
}
