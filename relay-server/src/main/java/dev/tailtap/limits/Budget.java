package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.config.QuotaConfig;
import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What may be used in a period, and what was: the latest answer of the sums in the database, and
 * what this relay's calls used beside ({@link OwnSums}). There is no counter that could drift, and
 * none to set back. A call belongs to the period in which it began, as in the sums. Any thread.
 */
final class Budget {
  private static final int SCALE = 9; // of money
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  /** An answer is taken for old after so many questions should have been answered. */
  private static final int MISSED = 3;

  /**
   * What the sums say.
   *
   * @param currency null: tokens
   */
  record Used(String tenant, String upstream, String currency, BigDecimal amount) {}

  /** What the sums said of a period. */
  private record Answer(BudgetPeriod period, Map<BucketKey, Long> used, long atNanos) {}

  private final LimitConfig limit;
  private volatile QuotaConfig quota; // of a reload
  private final long most; // tokens, or billionths of the currency
  private final Costs costs;
  private final Clock clock;
  private final LongSupplier ticker;
  private final Map<Facet, List<NamePattern>> patterns = new HashMap<>();
  private final OwnSums own;
  private final long madeNanos;
  private volatile BudgetPeriod period;
  private volatile Answer answer; // null: there was none

  Budget(LimitConfig limit, QuotaConfig quota, Costs costs, Clock clock, LongSupplier ticker) {
    this.limit = limit;
    this.quota = quota;
    this.costs = costs;
    this.clock = clock;
    this.ticker = ticker;
    most = whole(limit.budget().amount(), isMoney());
    own = new OwnSums(quota.buckets());
    madeNanos = ticker.getAsLong();
    for (Facet facet : List.of(Facet.TENANT, Facet.UPSTREAM)) {
      List<String> globs = limit.match().globs().get(facet);
      if (globs != null && !limit.per().contains(facet)) {
        patterns.put(facet, globs.stream().map(NamePattern::new).toList());
      }
    }
    period = present();
  }

  private BudgetPeriod present() {
    return BudgetPeriod.of(limit.budget().period(), quota.zone(), clock.instant());
  }

  private static long whole(BigDecimal amount, boolean money) {
    BigDecimal units = money ? amount.movePointRight(SCALE) : amount;
    return units.setScale(0, RoundingMode.HALF_UP).min(MOST).longValue();
  }

  /** From now on it hangs on these settings whether it is served unknown. */
  void use(QuotaConfig next) {
    quota = next;
  }

  boolean isMoney() {
    return limit.budget().currency() != null;
  }

  /** The period that now is. */
  BudgetPeriod period() {
    BudgetPeriod now = period;
    if (now.has(clock.instant())) {
      return now;
    }
    return turn();
  }

  private synchronized BudgetPeriod turn() {
    BudgetPeriod now = present();
    if (!now.equals(period)) {
      period = now;
      own.clear();
    }
    return now;
  }

  /** Why a call is refused; null: it is not. */
  Denial denial(BucketKey key, String name) {
    BudgetPeriod now = period();
    if (counted(key, now) >= most && spent(key, now) >= most) {
      return new Denial(Refusal.BUDGET, secondsLeft(now), name, null);
    }
    boolean refuses = quota.storeAway() == QuotaConfig.StoreAway.REFUSE;
    if (refuses && ageNanos() > MISSED * quota.refresh().toNanos()) {
      long seconds = Math.max(1, quota.refresh().toSeconds());
      return new Denial(Refusal.BUDGET_UNKNOWN, seconds, name, null);
    }
    return null;
  }

  private long secondsLeft(BudgetPeriod now) {
    Duration left = Duration.between(clock.instant(), now.to());
    return Math.max(1, LimitFields.seconds(left.toNanos()));
  }

  /** What was used of it, in tokens or in billionths of its currency. */
  long spent(BucketKey key) {
    return spent(key, period());
  }

  /** While no answer is being taken over, which takes as long as the sums beside it are many. */
  private synchronized long spent(BucketKey key, BudgetPeriod now) {
    return counted(key, now);
  }

  /** The same at once, with calls counted twice while an answer is being taken over. */
  private long counted(BucketKey key, BudgetPeriod now) {
    Answer last = answer;
    Long told = last == null || !last.period.equals(now) ? null : last.used.get(key);
    long sum = own.of(key) + (told == null ? 0 : told);
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  /** The share of it that was used by whoever used most; 1 is all, and more is beyond. */
  double fullest() {
    BudgetPeriod now = period();
    Answer last = answer;
    long largest = own.largest(key -> counted(key, now));
    if (last != null && last.period.equals(now)) {
      for (BucketKey key : last.used.keySet()) {
        largest = Math.max(largest, counted(key, now));
      }
    }
    return (double) largest / Math.max(1, most);
  }

  /** How much there is, likewise. */
  long most() {
    return most;
  }

  /** For how long nobody has answered. */
  long ageNanos() {
    Answer last = answer;
    return ticker.getAsLong() - (last == null ? madeNanos : last.atNanos);
  }

  /** A call of this relay has ended. */
  void ended(UsageRecord call, Facets facets, BucketKey key) {
    if (isOf(call, facets)) {
      own.ended(key.set(facets, limit.per()), amount(call));
    }
  }

  /** Its row is committed. */
  void stored(UsageRecord call, Facets facets, BucketKey key) {
    if (isOf(call, facets)) {
      own.stored(key.set(facets, limit.per()), amount(call));
    }
  }

  private boolean isOf(UsageRecord call, Facets facets) {
    return amount(call) > 0
        && period().has(begun(call))
        && matches(facets.of(Facet.TENANT), facets.of(Facet.UPSTREAM));
  }

  /** By its id, which the journal keeps as it is while it may set an absurd time right. */
  private static Instant begun(UsageRecord call) {
    return Instant.ofEpochMilli(call.id().getMostSignificantBits() >>> 16);
  }

  private boolean matches(String tenant, String upstream) {
    List<NamePattern> tenants = patterns.get(Facet.TENANT);
    List<NamePattern> upstreams = patterns.get(Facet.UPSTREAM);
    return (tenants == null || NamePattern.any(tenants, tenant))
        && (upstreams == null || NamePattern.any(upstreams, upstream));
  }

  private long amount(UsageRecord call) {
    if (isMoney()) {
      return Math.max(0, costs.nanos(call, limit.budget().currency()));
    }
    Long total = call.usage().tokens().total();
    return total == null ? 0 : Math.max(0, total);
  }

  /** A question is asked, which sees all that is committed by now. */
  void ask() {
    own.ask();
  }

  /**
   * It is answered.
   *
   * @param of the period that was asked about
   */
  void answered(BudgetPeriod of, List<Used> used, long askedNanos) {
    Map<BucketKey, BigDecimal> sums = new HashMap<>();
    Facets facets = new Facets();
    String currency = limit.budget().currency();
    for (Used one : used) {
      boolean same = currency == null ? one.currency == null : currency.equals(one.currency);
      if (same && matches(one.tenant, one.upstream)) {
        facets.set(one.tenant, null, null, null, one.upstream, null, -1);
        sums.merge(new BucketKey().set(facets, limit.per()), one.amount, BigDecimal::add);
      }
    }
    Map<BucketKey, Long> amounts = new HashMap<>();
    sums.forEach((key, sum) -> amounts.put(key, whole(sum, isMoney())));
    synchronized (this) {
      // In between both count, and never neither.
      answer = new Answer(of, amounts, askedNanos);
      if (of.equals(period)) {
        own.answered();
      }
    }
  }
}
