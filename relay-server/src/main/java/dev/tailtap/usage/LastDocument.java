package dev.tailtap.usage;

import java.util.Locale;

/** What the last event with data of a response was: evidence of why usage is there or not. */
enum LastDocument {
  /** The provider's own word that nothing follows. */
  DONE,
  USAGE,
  FINISH,
  /** A part of the answer. */
  CONTENT,
  ERROR,
  /** Nothing in it stood where the dialect has something to say. */
  OTHER,
  NONE;

  private final String note = "last=" + name().toLowerCase(Locale.ROOT);

  static LastDocument of(DocumentFields seen) {
    if (seen.isError()) {
      return ERROR;
    }
    if (seen.hasUsage() || seen.beside().isRaw()) {
      return USAGE;
    }
    if (!seen.finish().isEmpty()) {
      return FINISH;
    }
    return seen.isOfItsDialect() ? CONTENT : OTHER;
  }

  /** The token in the column {@code usage_note}. */
  String note() {
    return note;
  }
}
