package dev.tailtap.store;

/** A question could not be answered because the database was not there; asking again may help. */
public final class DatabaseAwayException extends Exception {
  private static final long serialVersionUID = 1L;

  DatabaseAwayException(Throwable cause) {
    super("the database gives no answer: " + FailureKind.reasonOf(cause), cause);
  }
}
