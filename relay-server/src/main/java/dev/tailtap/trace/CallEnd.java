package dev.tailtap.trace;

/**
 * How a call ended.
 *
 * @param outcome in the words of the rows
 * @param code what went wrong; null: nothing
 * @param ofClient whether that was the client's doing
 */
public record CallEnd(String outcome, String code, boolean ofClient) {
  /** What a server says of it; a status from 400 to 499 is the client's mistake. */
  String error(int status) {
    if (status >= 500) {
      return Integer.toString(status);
    }
    return status >= 400 || ofClient ? null : code;
  }
}
