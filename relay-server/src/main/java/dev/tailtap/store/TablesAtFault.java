package dev.tailtap.store;

/** Rows were refused in a way that the tables must be at fault for, and not the rows. */
final class TablesAtFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TablesAtFault(String evidence, Exception last) {
    super(evidence + ": " + Trouble.reasonOf(last));
  }
}
