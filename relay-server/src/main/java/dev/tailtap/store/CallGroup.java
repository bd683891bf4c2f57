package dev.tailtap.store;

/**
 * Calls that are alike in all that says why their usage is there or not. Texts are empty where the
 * row has none.
 *
 * @param model what was asked for, else what answered
 * @param httpStatus 0: nothing answered
 * @param answered whether the answer named a model or an id in a place of the dialect
 * @param note the column {@code usage_note}
 */
public record CallGroup(
    String upstream,
    String model,
    String dialect,
    String usageState,
    String outcome,
    int httpStatus,
    String error,
    String note,
    boolean answered,
    long calls) {

  /** What the note says of this: {@code asked}, {@code body}, {@code last}; empty if nothing. */
  public String noted(String key) {
    for (String token : note.split(" ", -1)) {
      if (token.startsWith(key + "=")) {
        return token.substring(key.length() + 1);
      }
    }
    return "";
  }
}
