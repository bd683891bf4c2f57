package dev.tailtap.limits;

import dev.tailtap.limits.BudgetLedger.Span;
import dev.tailtap.limits.BudgetLedger.Sum;
import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A database of rows without a server: each row is in it once, however often it is written. */
final class SimulatedSums {
  private final Map<UUID, UsageRecord> rows = new LinkedHashMap<>();
  private final Map<Span, List<Sum>> sums = new HashMap<>(); // of the latest snapshot
  private List<UsageRecord> snapshot = List.of();
  boolean away;

  void write(List<UsageRecord> batch) {
    batch.forEach(row -> rows.putIfAbsent(row.id(), row));
  }

  boolean has(UsageRecord row) {
    return rows.containsKey(row.id());
  }

  /** What is committed by now. */
  List<UsageRecord> snapshot() {
    if (snapshot.size() < rows.size()) {
      snapshot = List.copyOf(rows.values());
      sums.clear();
    }
    return snapshot;
  }

  /** What a question about a span is answered, of rows. */
  List<Sum> sums(Span span, List<UsageRecord> of) {
    return of == snapshot ? sums.computeIfAbsent(span, one -> reckon(one, of)) : reckon(span, of);
  }

  private static List<Sum> reckon(Span span, List<UsageRecord> rows) {
    Map<String, Long> tokens = new TreeMap<>();
    for (UsageRecord row : rows) {
      if (span.period().has(begun(row))) {
        tokens.merge(row.call().tenant(), tokens(row), Long::sum);
      }
    }
    List<Sum> sums = new ArrayList<>();
    tokens.forEach(
        (tenant, sum) ->
            sums.add(
                new Sum(
                    tenant,
                    "u",
                    span.money() ? "USD" : null,
                    BigDecimal.valueOf(sum, span.money() ? 3 : 0))));
    return sums;
  }

  static Instant begun(UsageRecord row) {
    return Instant.ofEpochMilli(row.id().getMostSignificantBits() >>> 16);
  }

  static long tokens(UsageRecord row) {
    Long total = row.usage().tokens().total();
    return total == null ? 0 : total;
  }
}
