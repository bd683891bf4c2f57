package dev.tailtap.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which calls are summed, and by what.
 *
 * @param from when they began, inclusive; null: from the beginning
 * @param to exclusive; null: to the end
 * @param upstream as the groups have it; null: all, likewise the next two
 */
public record StatsFilter(
    Instant from, Instant to, GroupBy by, String upstream, String model, String tenant) {
  private static final Instant BEGINNING = Instant.EPOCH;
  private static final Instant END = Instant.parse("9999-01-01T00:00:00Z");

  public StatsFilter {
    from = from == null ? BEGINNING : from;
    to = to == null ? END : to;
  }

  /** All calls of a time span. */
  public static StatsFilter span(Instant from, Instant to, GroupBy by) {
    return new StatsFilter(from, to, by, null, null, null);
  }

  /** The same by something else. */
  StatsFilter by(GroupBy other) {
    return new StatsFilter(from, to, other, upstream, model, tenant);
  }

  /** The same from another time on. */
  StatsFilter since(Instant other) {
    return new StatsFilter(other, to, by, upstream, model, tenant);
  }

  /** Whether no upstream, model or tenant is left out. */
  boolean isOfAll() {
    return columns().isEmpty();
  }

  /** The same as arguments: upstream, model, tenant. */
  String arguments() {
    return Stream.of(upstream, model, tenant)
        .map(name -> name == null ? "null" : "?")
        .collect(Collectors.joining(", "));
  }

  /** As SQL, with a question mark for each of {@link #values}; each column is of this table. */
  String conditions() {
    StringBuilder conditions = new StringBuilder();
    for (String column : columns()) {
      conditions.append(" and ").append(column).append(" = ?");
    }
    return conditions.toString();
  }

  /** What strangers may have named. */
  List<String> values() {
    List<String> values = new ArrayList<>();
    for (String value : new String[] {upstream, model, tenant}) {
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  private List<String> columns() {
    List<String> columns = new ArrayList<>();
    if (upstream != null) {
      columns.add("upstream");
    }
    if (model != null) {
      columns.add("model");
    }
    if (tenant != null) {
      columns.add("tenant");
    }
    return columns;
  }
}
