package dev.tailtap.limits;

/**
 * Who is asked whether the limits that are set by name let a call begin. One of each event loop,
 * which alone asks it.
 *
 * <pre>
 * open ─► Reservation.facets().set(…) ─► admit ─► admitted ─► begin ─► charge* ─► close
 *                                          └────► denied          └──────────► close
 * </pre>
 */
public interface Limiting {
  /** Who asks: told once, one of both, on the loop that asked. */
  interface Applicant {
    /** The reservation is the applicant's to close. */
    void admitted(Reservation granted);

    /** Nothing is reserved. */
    void denied(Denial why);
  }

  /** Whether there is any limit to ask about. */
  boolean any();

  /** Whether a limit may hang on the model of a call along this route. */
  boolean needsModel(String route);

  /** Whether a limit may hang on how many tokens a body says that its answer may have. */
  boolean needsMaxTokens(String route);

  /** Begins to ask: for a call whose facets are still to be set. */
  Reservation open();

  /**
   * Asks; the answer comes at once as a rule, and may come later.
   *
   * @param wanted of {@link #open}
   */
  void admit(Reservation wanted, Applicant applicant);
}
