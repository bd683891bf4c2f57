package dev.tailtap.http1;

import java.util.List;

/**
 * What the relay itself has to say against a request, whatever the {@link ErrorShape} it is told
 * in.
 *
 * @param type whose fault it is, in the words of the OpenAI API
 * @param code stable, for programs
 * @param lasting whether the same request would be answered the same, however often it comes
 * @param row the field that names the call's row; null: it has none, or is not told
 * @param more fields of the answer's head
 */
public record OwnError(
    int status,
    String type,
    String code,
    String message,
    boolean lasting,
    Field row,
    List<Field> more) {

  /** With no further field. */
  public OwnError(
      int status, String type, String code, String message, boolean lasting, Field row) {
    this(status, type, code, message, lasting, row, List.of());
  }

  /** Of a request that has no row. */
  public OwnError(int status, String type, String code, String message, boolean lasting) {
    this(status, type, code, message, lasting, null);
  }

  /**
   * The same with further fields.
   *
   * @param lastingToo whether it is lasting although others of its kind are not
   */
  public OwnError with(boolean lastingToo, List<Field> fields) {
    return new OwnError(status, type, code, message, lasting || lastingToo, row, fields);
  }

  /** A field of the answer's head. */
  public record Field(String name, String value) {}
}
