package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * The same load through each subject in turn, round after round, so that what disturbs the machine
 * disturbs them all. Ratios and differences are taken within a round.
 */
final class SideBySide {
  private final Map<String, List<LoadResult>> results = new LinkedHashMap<>();
  private final String floor;

  SideBySide(List<Subject> subjects) {
    subjects.forEach(subject -> results.put(subject.name(), new ArrayList<>()));
    floor = results.containsKey(Subjects.BARE_C) ? Subjects.BARE_C : Subjects.BARE_NETTY;
  }

  /** The load of many streams. */
  static SideBySide run(Session session, List<Subject> subjects) {
    Options options = session.options();
    for (Subject subject : subjects) {
      session.print("warming up " + subject.name());
      for (int i = options.warmUps(subject.kind() != Subject.Kind.NATIVE); i > 0; i--) {
        session.run(subject, options.warmUp());
      }
    }
    return run(session, subjects, List.of(options.steady()), options.rounds()).get(0);
  }

  /** Several loads, of each of which each round has one measurement of each subject. */
  static List<SideBySide> run(
      Session session, List<Subject> subjects, List<LoadPlan> plans, int rounds) {
    List<SideBySide> all = plans.stream().map(plan -> new SideBySide(subjects)).toList();
    for (int round = 1; round <= rounds; round++) {
      session.print("round " + round + " of " + rounds);
      for (int i = 0; i < plans.size(); i++) {
        for (Subject subject : subjects) {
          all.get(i).add(subject.name(), session.run(subject, plans.get(i)));
        }
      }
    }
    return all;
  }

  /** One more measurement. */
  void add(String name, LoadResult result) {
    results.get(name).add(result);
  }

  List<String> names() {
    return List.copyOf(results.keySet());
  }

  int rounds() {
    return results.values().stream().mapToInt(List::size).min().orElse(0);
  }

  LoadResult result(String name, int round) {
    return results.get(name).get(round);
  }

  String floor() {
    return floor;
  }

  boolean has(String name) {
    return results.containsKey(name);
  }

  /** Whether all came through, in all rounds. */
  boolean clean(String name) {
    return results.get(name).stream().allMatch(LoadResult::clean);
  }

  Spread of(String name, ToDoubleFunction<LoadResult> figure) {
    return Spread.of(results.get(name).stream().map(figure::applyAsDouble).toList());
  }

  /** How many times another's figure, round by round; nothing if that one is missing. */
  Spread ratio(String name, String other, ToDoubleFunction<LoadResult> figure) {
    return paired(name, other, (own, others) -> own / others, figure);
  }

  /** By how much it is above another's figure, round by round. */
  Spread above(String name, String other, ToDoubleFunction<LoadResult> figure) {
    return paired(name, other, (own, others) -> own - others, figure);
  }

  private Spread paired(
      String name,
      String other,
      java.util.function.DoubleBinaryOperator operator,
      ToDoubleFunction<LoadResult> figure) {
    if (!has(other)) {
      return Spread.NONE;
    }
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < results.get(name).size(); i++) {
      double own = figure.applyAsDouble(results.get(name).get(i));
      double others = figure.applyAsDouble(results.get(other).get(i));
      values.add(operator.applyAsDouble(own, others));
    }
    return Spread.of(values);
  }

  /** All rounds in one. */
  Histogram merged(String name) {
    Histogram all = LoadResult.histogram();
    results.get(name).forEach(result -> all.add(result.dueDelay()));
    return all;
  }

  static double cpuPerEvent(LoadResult result) {
    // Of a target whose process is not known, or through which nothing came, nothing is.
    return result.cpuNs() == 0 || result.windowEvents() == 0
        ? Double.NaN
        : result.cpuNs() / (double) result.windowEvents();
  }

  /** The ticks' proportion of user time, applied to the finer clock. */
  static double userPerEvent(LoadResult result) {
    double share = result.cpu().userNs() / (double) Math.max(1, result.cpu().totalNs());
    return share * cpuPerEvent(result);
  }

  static double driverShare(LoadResult result) {
    return result.driverNs() / (double) Math.max(1, result.windowNs());
  }

  static ToDoubleFunction<LoadResult> firstByte(double percentile) {
    return result -> at(result.firstByte(), percentile);
  }

  static ToDoubleFunction<LoadResult> call(double percentile) {
    return result -> at(result.call(), percentile);
  }

  static double perSecond(LoadResult result) {
    return result.windowEvents() * 1e9 / Math.max(1, result.windowNs());
  }

  static ToDoubleFunction<LoadResult> delay(double percentile) {
    return result -> at(result.delay(), percentile);
  }

  static ToDoubleFunction<LoadResult> dueDelay(double percentile) {
    return result -> at(result.dueDelay(), percentile);
  }

  private static double at(Histogram histogram, double percentile) {
    return histogram.getTotalCount() == 0 ? Double.NaN : histogram.getValueAtPercentile(percentile);
  }
}
