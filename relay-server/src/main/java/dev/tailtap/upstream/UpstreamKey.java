package dev.tailtap.upstream;

/**
 * One key of an upstream's pool, and whether it may be used. An upstream without a pool has one
 * without label and value, which stands for whatever the client shows. Immutable but for its
 * availability; its value is shown to the upstream alone.
 */
public final class UpstreamKey {
  private final String label;
  private final String value;
  private final String bearer;
  private final Availability availability;
  private final CallerLimits callers; // null: it is the same key for all of them

  /**
   * One of a pool; or, with two nulls, what the client shows.
   *
   * @param availability handed on where settings that are read anew have the same key
   * @param callers of whom each shows a key of its own; null: it is the same key for all of them
   */
  UpstreamKey(String label, String value, Availability availability, CallerLimits callers) {
    this.label = label;
    this.value = value;
    this.availability = availability;
    this.callers = callers;
    bearer = "Bearer " + value;
  }

  /** Its name in the settings, the log and the rows; null: the client's own credential goes on. */
  public String label() {
    return label;
  }

  /** Whether it may be used now, by whomever. */
  public Availability availability() {
    return availability;
  }

  /**
   * Whether a caller may use it now. Those who show nothing are one.
   *
   * @param tenant the fingerprint of what the caller shows; null: nothing
   */
  public Availability availability(String tenant) {
    Availability own = callers == null ? null : callers.of(caller(tenant));
    return own == null ? availability : own;
  }

  /** How many callers may not use it now, of those who show a key of their own. */
  public int callersRefused() {
    return callers == null ? 0 : callers.size();
  }

  /** What is to be told that a caller's use of it was refused; null: it cannot be remembered. */
  public Availability refused(String tenant) {
    return callers == null ? availability : callers.remember(caller(tenant));
  }

  /** A caller's use of it went well. */
  public void wentWell(String tenant) {
    if (callers != null) {
      callers.forget(caller(tenant));
    }
  }

  private static String caller(String tenant) {
    return tenant == null ? "" : tenant;
  }

  String value() {
    return value;
  }

  String bearer() {
    return bearer;
  }

  @Override
  public String toString() {
    return label == null ? "the client's" : label;
  }
}
