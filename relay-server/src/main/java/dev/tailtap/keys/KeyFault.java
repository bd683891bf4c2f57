package dev.tailtap.keys;

import dev.tailtap.stats.Label;

/**
 * What is wrong with the key that a request shows. Its client is told no more than that there is
 * something; the log and the metric say which.
 */
public enum KeyFault {
  /** None is shown, and one has to be. */
  MISSING(Label.KEY_MISSING),
  /** It has not the form, or was mistyped. */
  MALFORMED(Label.KEY_MALFORMED),
  UNKNOWN(Label.KEY_UNKNOWN),
  EXPIRED(Label.KEY_EXPIRED),
  /** It was revoked. */
  DISABLED(Label.KEY_DISABLED),
  /** Two that differ are shown. */
  TWO(Label.KEY_TWO),
  /** Nobody could tell: where keys are kept could not be read since the start. */
  NOT_LOADED(Label.KEY_NOT_LOADED);

  private final Label label;

  KeyFault(Label label) {
    this.label = label;
  }

  /** The word that it is counted by. */
  public Label label() {
    return label;
  }
}
