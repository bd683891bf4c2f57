package dev.tailtap.admin;

/** Whether the relay takes new requests, and if not, why: what {@code /readyz} says. */
public enum Readiness {
  READY("ready"),
  /** It was told to stop. */
  DRAINING("draining"),
  /** It could not read the keys yet that requests have to show. */
  KEYS("keys"),
  /** It holds as much for others as it may. */
  MEMORY("memory"),
  /** Its journal could not take a record for certain. */
  JOURNAL("journal");

  private final String reason;

  Readiness(String reason) {
    this.reason = reason;
  }

  /** One word, for a log line and for people. */
  public String reason() {
    return reason;
  }
}
