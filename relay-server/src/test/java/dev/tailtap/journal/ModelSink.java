package dev.tailtap.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The database in a few lines: rows by key, sums by group, dead letters. */
final class ModelSink {
  private static final int GROUPS = 4;

  private final Fault fault;

  /** The rows of each call: never more than one, if all is well. */
  final Map<Integer, List<SimCall>> rows = new TreeMap<>();

  final Map<Integer, Boolean> deadLetters = new HashMap<>();
  private final Map<Integer, Integer> sums = new TreeMap<>();

  ModelSink(Fault fault) {
    this.fault = fault;
  }

  /** Commits the rows. */
  void apply(List<SimCall> batch) {
    for (SimCall call : batch) {
      if (call.poisonous()) {
        deadLetters.putIfAbsent(call.number(), call.ended());
        continue;
      }
      List<SimCall> there = rows.getOrDefault(call.number(), new ArrayList<>());
      boolean known = !there.isEmpty() || deadLetters.containsKey(call.number());
      boolean inserted = !known || fault == Fault.NO_CONFLICT;
      if (inserted) {
        there.add(call);
        rows.put(call.number(), there);
      }
      if (inserted || fault == Fault.ROLLUP_FROM_BATCH) {
        sums.merge(call.number() % GROUPS, 1, Integer::sum);
      }
    }
  }

  /** What the sums must be. */
  Map<Integer, Integer> sumsOfRows() {
    Map<Integer, Integer> expected = new TreeMap<>();
    rows.forEach((number, there) -> expected.merge(number % GROUPS, there.size(), Integer::sum));
    return expected;
  }

  Map<Integer, Integer> sums() {
    return sums;
  }

  /** Whether the end of the call came here before. */
  boolean knowsEnd(int number) {
    return rows.getOrDefault(number, List.of()).stream().anyMatch(SimCall::ended)
        || deadLetters.getOrDefault(number, false);
  }

  boolean knows(int number) {
    return rows.containsKey(number) || deadLetters.containsKey(number);
  }
}
