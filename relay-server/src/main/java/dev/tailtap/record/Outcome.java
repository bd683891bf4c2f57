package dev.tailtap.record;

import java.util.Locale;

/** How an exchange with an upstream ended; the column {@code outcome}. */
public enum Outcome {
  COMPLETED,
  /** A whole answer with status 400 or above. */
  UPSTREAM_ERROR,
  UNREACHABLE,
  /** The upstream broke off. */
  UPSTREAM_RESET,
  /** The upstream's answer breaks HTTP, and so it was given up. */
  UPSTREAM_INVALID,
  TIMED_OUT,
  CLIENT_GONE,
  /** The relay gave it up for the client's fault: too large, badly framed, holding too much. */
  REFUSED,
  /** The relay itself stopped before the end. */
  INTERRUPTED;

  private final String column = name().toLowerCase(Locale.ROOT);

  /** The text in the database. */
  public String column() {
    return column;
  }
}
