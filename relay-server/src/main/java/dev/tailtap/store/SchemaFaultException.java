package dev.tailtap.store;

/** Rows were refused in a way that the tables must be at fault for, and not the rows. */
final class SchemaFaultException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SchemaFaultException(String evidence, Exception last) {
    super(evidence + ": " + FailureKind.reasonOf(last));
  }
}
