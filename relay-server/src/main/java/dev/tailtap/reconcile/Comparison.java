package dev.tailtap.reconcile;

import dev.tailtap.store.ModelDays;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Their counts beside ours, line by line. */
final class Comparison {
  /** Of one kind of count. {@code theirs} null: their report has none. */
  record Pair(String kind, BigInteger ours, BigInteger theirs) {
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

    /** Null where one side has no count. */
    BigInteger difference() {
      return theirs == null ? null : ours.subtract(theirs);
    }

    /** Whether they differ by more than so many percent of theirs. */
    boolean above(BigDecimal percent) {
      BigInteger difference = difference();
      return difference != null
          && new BigDecimal(difference.abs())
                  .multiply(HUNDRED)
                  .compareTo(percent.multiply(new BigDecimal(theirs)))
              > 0;
    }

    /** With a sign, to the fourth digit; a difference is never shown as none. */
    String percent() {
      BigInteger difference = difference();
      if (difference == null) {
        return "-";
      }
      if (difference.signum() == 0) {
        return "0";
      }
      if (theirs.signum() == 0) {
        return "all";
      }
      BigDecimal share =
          new BigDecimal(difference)
              .multiply(HUNDRED)
              .divide(new BigDecimal(theirs), 4, RoundingMode.HALF_UP);
      String sign = difference.signum() > 0 ? "+" : "-";
      return sign + (share.signum() == 0 ? "<0.0001" : share.abs().toPlainString());
    }
  }

  /** One line. */
  record Line(DayModel key, OurCalls ours, Counts theirs) {
    List<Pair> pairs() {
      Counts own = ours.counted();
      return List.of(
          new Pair("calls", own.calls(), theirs.calls()),
          new Pair("input", own.input(), theirs.input()),
          new Pair("cached", own.cached(), theirs.cached()),
          new Pair("output", own.output(), theirs.output()));
    }
  }

  private final ReconcileRequest request;
  private final Map<DayModel, OurCalls> ours = new TreeMap<>();
  private final Map<DayModel, Counts> theirs = new TreeMap<>();
  private final OurCalls elsewhere = new OurCalls();
  private final OurCalls all = new OurCalls();

  Comparison(ReconcileRequest request, Map<DayModel, Counts> report, List<ModelDays.Group> rows) {
    this.request = request;
    report.forEach((key, counts) -> theirs.merge(line(key), counts, Counts::plus));
    Map<String, String> served = served(rows);
    Map<DayModel, List<ModelDays.Group>> groups = new HashMap<>();
    for (ModelDays.Group row : rows) {
      String answered = row.responseModel();
      String asked = served.getOrDefault(row.askedModel(), row.askedModel());
      DayModel key = line(new DayModel(row.day(), answered.isEmpty() ? asked : answered));
      groups.computeIfAbsent(key, line -> new ArrayList<>()).add(row);
    }
    groups.forEach(this::take);
  }

  /** A model that nobody counted is no line: anybody may ask for any name. */
  private void take(DayModel key, List<ModelDays.Group> groups) {
    OurCalls calls = new OurCalls();
    groups.forEach(calls::add);
    if (calls.countsAny() || theirs.containsKey(key)) {
      ours.put(key, calls);
      groups.forEach(all::add);
    } else {
      groups.forEach(elsewhere::add);
    }
  }

  private DayModel line(DayModel key) {
    return switch (request.by()) {
      case BOTH -> key;
      case MODEL -> new DayModel(request.span().from(), key.model());
      case DAY -> new DayModel(key.day(), "");
    };
  }

  /** What mostly answers for a name: a call without an answer names only what was asked for. */
  private static Map<String, String> served(List<ModelDays.Group> rows) {
    Map<String, Map<String, Long>> answers = new HashMap<>();
    for (ModelDays.Group row : rows) {
      if (!row.responseModel().isEmpty()) {
        answers
            .computeIfAbsent(row.askedModel(), asked -> new TreeMap<>())
            .merge(row.responseModel(), row.calls(), Long::sum);
      }
    }
    Map<String, String> served = new HashMap<>();
    answers.forEach(
        (asked, models) ->
            models.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .ifPresent(most -> served.put(asked, most.getKey())));
    return served;
  }

  /** In the order of days and models. */
  List<Line> lines() {
    Map<DayModel, Line> lines = new TreeMap<>();
    ours.forEach((key, calls) -> lines.put(key, new Line(key, calls, theirs(key))));
    theirs.forEach(
        (key, counts) ->
            lines.computeIfAbsent(key, line -> new Line(line, new OurCalls(), counts)));
    return List.copyOf(lines.values());
  }

  private Counts theirs(DayModel key) {
    return theirs.getOrDefault(key, none());
  }

  private Counts none() {
    return request.provider().countsCalls()
        ? Counts.NONE
        : new Counts(null, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);
  }

  /** All lines in one. */
  Line total() {
    return new Line(null, all, theirs.values().stream().reduce(none(), Counts::plus));
  }

  /** Rows of models that stand in no line. */
  OurCalls elsewhere() {
    return elsewhere;
  }
}
