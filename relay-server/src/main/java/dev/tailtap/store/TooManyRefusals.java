package dev.tailtap.store;

/** So many rows of one batch were refused that the tables must be at fault, not the rows. */
final class TooManyRefusals extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TooManyRefusals(Exception last) {
    super("too many rows of one batch refused, the last: " + Trouble.reasonOf(last));
  }
}
