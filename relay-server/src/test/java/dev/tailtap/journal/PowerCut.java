package dev.tailtap.journal;

/** The process ends in the middle of a system call. */
final class PowerCut extends Error {
  private static final long serialVersionUID = 1L;

  PowerCut() {
    super("cut", null, false, false);
  }
}
