package dev.tailtap.store;

/** The store cannot start until somebody does what the message says. */
public final class StoreStartException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public StoreStartException(String message, Throwable cause) {
    super(message, cause);
  }

  public StoreStartException(String message) {
    super(message);
  }
}
