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

  /**
   * One of a pool; or, with two nulls, what the client shows.
   *
   * @param availability handed on where settings that are read anew have the same key
   */
  UpstreamKey(String label, String value, Availability availability) {
    this.label = label;
    this.value = value;
    this.availability = availability;
    bearer = "Bearer " + value;
  }

  /** Its name in the settings, the log and the rows; null: the client's own credential goes on. */
  public String label() {
    return label;
  }

  /** Whether it may be used now. */
  public Availability availability() {
    return availability;
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
