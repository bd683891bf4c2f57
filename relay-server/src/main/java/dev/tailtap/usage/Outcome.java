package dev.tailtap.usage;

import java.util.Locale;

/** How an exchange with an upstream ended; the column {@code outcome}. */
public enum Outcome {
  COMPLETED,
  /** A whole answer with status 400 or above. */
  UPSTREAM_ERROR,
  UNREACHABLE,
  /** The connection was closed before the answer was whole. */
  UPSTREAM_CUT,
  UPSTREAM_RESET,
  /** The answer breaks HTTP/1.1. */
  UPSTREAM_BROKEN,
  TIMED_OUT,
  CLIENT_GONE,
  /** The relay itself stopped before the end. */
  INTERRUPTED;

  private final String column = name().toLowerCase(Locale.ROOT);

  /** The text in the database. */
  public String column() {
    return column;
  }
}
