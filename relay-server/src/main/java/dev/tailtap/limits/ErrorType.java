package dev.tailtap.limits;

/** The {@code type} in the error shape that clients' libraries know: whose fault it is. */
public enum ErrorType {
  REQUEST("invalid_request_error"),
  UPSTREAM("upstream_error"),
  RATE("rate_limit_error"),
  OVERLOADED("overloaded_error");

  private final String text;

  ErrorType(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
