package dev.tailtap.limits;

/** Who is asked whether a call may start. */
public interface Admitting {
  /** Who asks: told once, one of both, on the thread that asked, which is an event loop. */
  interface Applicant {
    /** The permit is the applicant's to close. */
    void admitted(Permit permit);

    void refused(Refusal why);
  }

  /** Asks; the answer comes at once as a rule, and may come later. */
  void admit(ClientNetwork client, Applicant applicant);
}
