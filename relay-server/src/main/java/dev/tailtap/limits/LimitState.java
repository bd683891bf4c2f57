package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig.Mode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * What a limit holds at one moment.
 *
 * @param warns whether calls beyond its rates and places are let in all the same
 * @param buckets how many there are
 * @param fullest some of them, the fullest first
 */
public record LimitState(String name, boolean warns, int buckets, List<Held> fullest) {
  private static final double BILLION = 1e9;

  /** Copies the list. */
  public LimitState {
    fullest = List.copyOf(fullest);
  }

  /**
   * What one bucket holds; what its limit does not count is null.
   *
   * @param of whose it is, by facet
   * @param meanTokens what its calls cost of late; null: nobody knows
   * @param refused how many calls it refused
   */
  public record Held(
      Map<String, String> of,
      Part requests,
      Part tokens,
      Part streams,
      Spending budget,
      Double meanTokens,
      long refused) {}

  /** What is in use of how much; more is a debt. */
  public record Part(double used, double size) {}

  /**
   * What was used of a budget.
   *
   * @param unit tokens, or a currency
   * @param warns whether calls beyond it are let in all the same
   * @param period of the calendar
   * @param ageSeconds of the sums' answer
   */
  public record Spending(
      Part part, String unit, boolean warns, BudgetPeriod period, double ageSeconds) {}

  static LimitState of(LimitRule rule, int most, long now) {
    Comparator<Ranked> fullness = Comparator.comparingDouble(Ranked::fullness);
    PriorityQueue<Ranked> fullest = new PriorityQueue<>(fullness);
    rule.buckets()
        .forEach(
            (key, bucket) -> {
              fullest.add(new Ranked(key, bucket, fullness(rule, key, bucket, now)));
              if (fullest.size() > most) {
                fullest.poll();
              }
            });
    List<Ranked> ranked = new ArrayList<>(fullest);
    ranked.sort(fullness.reversed());
    return new LimitState(
        rule.name(),
        rule.config().mode() == Mode.WARN,
        rule.buckets().size(),
        ranked.stream().map(one -> held(rule, one, now)).toList());
  }

  private record Ranked(BucketKey key, Bucket bucket, double fullness) {}

  private static double fullness(LimitRule rule, BucketKey key, Bucket bucket, long now) {
    Budget budget = rule.budget();
    double spent = budget == null ? 0 : (double) budget.spent(key) / Math.max(1, budget.most());
    return Math.max(spent, bucket.fullness(now));
  }

  private static Held held(LimitRule rule, Ranked one, long now) {
    Bucket bucket = one.bucket;
    Terms terms = bucket.terms();
    double mean = bucket.mean();
    return new Held(
        one.key.named(rule.config().per()),
        terms.countsRequests()
            ? new Part(
                bucket.requestsUsed(now), (double) terms.requestSize() / terms.requestNanos())
            : null,
        terms.countsTokens() ? new Part(bucket.tokensUsed(now), terms.tokenBurst()) : null,
        rule.config().streams() > 0 ? new Part(bucket.inside(), terms.streams()) : null,
        rule.budget() == null ? null : spending(rule, one.key),
        mean < 0 ? null : mean,
        bucket.refused());
  }

  private static Spending spending(LimitRule rule, BucketKey key) {
    Budget budget = rule.budget();
    String currency = rule.config().budget().currency();
    boolean warns = rule.config().onBudget() == Mode.WARN;
    double unit = budget.isMoney() ? BILLION : 1;
    Part part = new Part(budget.spent(key) / unit, budget.most() / unit);
    String spentIn = currency == null ? "tokens" : currency;
    return new Spending(part, spentIn, warns, budget.period(), budget.ageNanos() / BILLION);
  }
}
