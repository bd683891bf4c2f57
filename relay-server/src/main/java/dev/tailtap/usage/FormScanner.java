package dev.tailtap.usage;

import dev.tailtap.record.CleanText;

/**
 * The model that a form names, of whichever writing: its fields may come in any order, and twice.
 */
abstract class FormScanner implements ModelScanner {
  static final int MODEL_LIMIT = 256;

  private String model;
  private boolean seen;
  private boolean twice;

  /** A field was named so, with whatever value, or nearly so. */
  final void found() {
    twice |= seen;
    seen = true;
  }

  /** Its value. */
  final void says(String text) {
    model = CleanText.of(text, MODEL_LIMIT);
  }

  /** Whether a field was named so, with whatever value, or nearly so. */
  final boolean modelSeen() {
    return seen;
  }

  @Override
  public final String model() {
    return model;
  }

  @Override
  public final boolean modelKnown() {
    return model != null;
  }

  @Override
  public final boolean modelTwice() {
    return twice;
  }
}
