package dev.tailtap.reconcile;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What may tell why the two sides of a line differ, in words. */
final class Explanation {
  private Explanation() {}

  /** Of a line; empty where there is nothing to tell. */
  static List<String> of(Comparison.Line line) {
    OurCalls ours = line.ours();
    List<String> told = new ArrayList<>();
    if (!ours.withoutUsage().isEmpty()) {
      told.add("ours without usage: " + withoutUsage(ours));
    }
    if (ours.partial() > 0) {
      told.add("ours with a partial usage, which may have been more: " + ours.partial());
    }
    if (ours.further() > 0) {
      told.add("ours beyond the first try of their call: " + ours.further());
    }
    if (ours.undelivered() > 0) {
      told.add("ours that no client got: " + ours.undelivered());
    }
    told.addAll(missing(line));
    if (line.pairs().stream().anyMatch(pair -> sign(pair) > 0)) {
      told.add(
          "ours are more: the report is not complete yet, or of another organization than the keys");
    }
    return told;
  }

  /** How many, and which, the most first. */
  static String withoutUsage(OurCalls ours) {
    long all = ours.withoutUsage().values().stream().mapToLong(Long::longValue).sum();
    Comparator<Map.Entry<String, Long>> most = Map.Entry.comparingByValue();
    String which =
        ours.withoutUsage().entrySet().stream()
            .sorted(most.reversed())
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
    return all + " (" + which + ")";
  }

  /** What they have beyond ours. */
  private static List<String> missing(Comparison.Line line) {
    BigInteger calls = line.theirs().calls();
    BigInteger without = line.ours().calls().subtract(line.ours().counted().calls());
    if (calls == null) {
      boolean less = line.pairs().stream().anyMatch(pair -> sign(pair) < 0);
      if (!less) {
        return List.of();
      }
      return List.of(
          without.signum() == 0 && line.ours().partial() == 0
              ? "each of ours has its usage: calls went past the relay"
              : "theirs are more: by ours without a whole usage, or by calls that went past the relay");
    }
    BigInteger past = calls.subtract(line.ours().calls());
    List<String> told = new ArrayList<>();
    if (past.signum() > 0) {
      told.add("calls that went past the relay: " + past + " at least");
    }
    BigInteger missing = calls.subtract(line.ours().counted().calls()).min(without);
    if (missing.signum() > 0) {
      told.add("theirs that may be ours without usage: " + missing);
    }
    return told;
  }

  private static int sign(Comparison.Pair pair) {
    return pair.theirs() == null ? 0 : pair.difference().signum();
  }
}
