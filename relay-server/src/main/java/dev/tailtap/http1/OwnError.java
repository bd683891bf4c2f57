package dev.tailtap.http1;

/**
 * What the relay itself has to say against a request, whatever the {@link ErrorShape} it is told
 * in.
 *
 * @param type whose fault it is, in the words of the OpenAI API
 * @param code stable, for programs
 * @param lasting whether the same request would be answered the same, however often it comes
 * @param row the field that names the call's row; null: it has none, or is not told
 */
public record OwnError(
    int status, String type, String code, String message, boolean lasting, Field row) {

  /** Of a request that has no row. */
  public OwnError(int status, String type, String code, String message, boolean lasting) {
    this(status, type, code, message, lasting, null);
  }

  /** A field of the answer's head. */
  public record Field(String name, String value) {}
}
