package dev.tailtap.reconcile;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** Days of UTC, which the reports go by. The last is not among them. */
record ReportSpan(LocalDate from, LocalDate to) {
  Instant start() {
    return from.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  Instant end() {
    return to.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  boolean has(LocalDate day) {
    return !day.isBefore(from) && day.isBefore(to);
  }
}
