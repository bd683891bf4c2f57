package dev.tailtap.store;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A time span in the parts by which it is summed, none of them in two: whole days from their sums,
 * whole hours from theirs, and what begins or ends within an hour from the rows.
 */
record StatsSpans(List<Span> days, List<Span> hours, List<Span> rows) {
  private static final Duration DAY = Duration.ofDays(1);

  /** More would make a longer question than it saves. */
  private static final int MOST_STRETCHES = 8;

  /** From one time to before another. */
  record Span(Instant from, Instant to) {
    Duration length() {
      return Duration.between(from, to);
    }

    boolean isEmpty() {
      return !from.isBefore(to);
    }
  }

  /**
   * Takes a span apart.
   *
   * @param done days that have sums of their own, in their order
   */
  static StatsSpans of(Instant from, Instant to, List<Instant> done) {
    Instant first = from.truncatedTo(ChronoUnit.HOURS);
    first = first.equals(from) ? first : first.plus(1, ChronoUnit.HOURS);
    Instant end = to.truncatedTo(ChronoUnit.HOURS);
    if (end.isBefore(first)) {
      return new StatsSpans(List.of(), List.of(), List.of(new Span(from, to)));
    }
    List<Span> days = stretches(new Span(first, end), done);
    List<Span> hours = new ArrayList<>();
    Instant at = first;
    for (Span stretch : days) {
      hours.add(new Span(at, stretch.from()));
      at = stretch.to();
    }
    hours.add(new Span(at, end));
    hours.removeIf(Span::isEmpty);
    List<Span> rows = new ArrayList<>(List.of(new Span(from, first), new Span(end, to)));
    rows.removeIf(Span::isEmpty);
    return new StatsSpans(days, hours, rows);
  }

  /** Days that follow each other as one span; the longest of these, in their order. */
  private static List<Span> stretches(Span whole, List<Instant> done) {
    List<Span> stretches = new ArrayList<>();
    for (Instant day : done) {
      Instant next = day.plus(DAY);
      if (day.isBefore(whole.from()) || next.isAfter(whole.to())) {
        continue;
      }
      int last = stretches.size() - 1;
      if (last >= 0 && stretches.get(last).to().equals(day)) {
        stretches.set(last, new Span(stretches.get(last).from(), next));
      } else {
        stretches.add(new Span(day, next));
      }
    }
    stretches.sort(Comparator.comparing(Span::length).reversed());
    List<Span> longest =
        new ArrayList<>(stretches.subList(0, Math.min(MOST_STRETCHES, stretches.size())));
    longest.sort(Comparator.comparing(Span::from));
    return longest;
  }

  /** As SQL; of no span nothing is true. */
  static String within(String column, List<Span> spans) {
    return spans.isEmpty()
        ? "false"
        : spans.stream()
            .map(
                span ->
                    "%1$s >= '%2$s'::timestamptz and %1$s < '%3$s'::timestamptz"
                        .formatted(column, span.from(), span.to()))
            .collect(Collectors.joining(" or ", "(", ")"));
  }

  /** The hours that the rows are a part of. */
  List<Instant> partHours() {
    return rows.stream().map(span -> span.from().truncatedTo(ChronoUnit.HOURS)).distinct().toList();
  }
}
