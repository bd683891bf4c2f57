package dev.tailtap.reconcile;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the provider counted, by day and model: the pages of its report, read one by one. */
final class UsageReport {
  private final Provider provider;
  private final ReportSpan span;
  private final List<String> mistakes;
  private final Map<DayModel, Counts> counts = new TreeMap<>();
  private final TreeSet<LocalDate> days = new TreeSet<>();
  private int pages;
  private boolean more;

  UsageReport(Provider provider, ReportSpan span, List<String> mistakes) {
    this.provider = provider;
    this.span = span;
    this.mistakes = mistakes;
  }

  /**
   * Takes the next page.
   *
   * @return what to ask for the page behind it; null: it is the last
   */
  String take(Object document) {
    ReportFields page = new ReportFields(document, "page " + ++pages + ":", mistakes);
    for (ReportFields bucket : page.list("data")) {
      take(bucket);
    }
    more = page.isTrue("has_more");
    return more ? page.text("next_page") : null;
  }

  private void take(ReportFields bucket) {
    Instant start = provider.start(bucket);
    Instant end = provider.end(bucket);
    if (start == null || end == null) {
      return;
    }
    LocalDate day = day(start);
    if (!start.isBefore(end) || !day.equals(day(end.minusNanos(1)))) {
      mistakes.add(bucket.place() + " is not of one day of UTC, or of a part of one");
      return;
    }
    for (ReportFields result : bucket.list("results")) {
      Counts counted = provider.counts(result);
      String model = result.text("model");
      if (span.has(day)) {
        counts.merge(new DayModel(day, model == null ? "" : model), counted, Counts::plus);
      }
    }
    days.add(day);
  }

  private static LocalDate day(Instant time) {
    return time.atZone(ZoneOffset.UTC).toLocalDate();
  }

  /** Notes what only the whole report shows. */
  void end(boolean byModel) {
    if (more) {
      mistakes.add("page " + pages + ": says that it has more, and there is no page behind it");
    }
    boolean named = counts.keySet().stream().anyMatch(key -> !key.model().isEmpty());
    if (byModel && !counts.isEmpty() && !named) {
      mistakes.add("the report names no model: have it grouped by model, or say --by day");
    }
  }

  Map<DayModel, Counts> counts() {
    return counts;
  }

  /** The days that were asked for and that it says nothing of, not even that nothing was used. */
  List<LocalDate> missingDays() {
    List<LocalDate> missing = new ArrayList<>();
    for (LocalDate day = span.from(); day.isBefore(span.to()); day = day.plusDays(1)) {
      if (!days.contains(day)) {
        missing.add(day);
      }
    }
    return missing;
  }
}
