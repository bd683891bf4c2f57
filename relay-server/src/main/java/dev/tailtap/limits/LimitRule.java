package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.config.LimitConfig.Mode;
import dev.tailtap.config.QuotaConfig;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/** One limit at work: whom it is for, and what it takes of their buckets. Any thread. */
final class LimitRule implements Reservation.Part {
  private static final String DOLLARS = "USD";
  private static final double NANOS = 1e-9;
  private static final double UNKNOWN = -1;
  private static final Facet[] FACETS = Facet.values();

  /**
   * What all limits have in common.
   *
   * @param ticker a clock that never goes back
   */
  record Common(
      BucketTable.Room room, Stats stats, Costs costs, LongSupplier ticker, boolean tells) {}

  private final LimitConfig config;
  private final QuotaConfig quota;
  private final Common common;
  private final Terms terms;
  private final Map<Facet, List<NamePattern>> patterns = new EnumMap<>(Facet.class);
  private final Runnable shared = this::countShared;
  private final BucketTable buckets;
  private final Budget budget; // null: none

  /**
   * Of settings.
   *
   * @param quota what it has in common with others
   * @param before the limit of this name in the settings before, whose buckets go on; null: none
   */
  LimitRule(LimitConfig config, QuotaConfig quota, Common common, Budget budget, LimitRule before) {
    this.config = config;
    this.quota = quota;
    this.common = common;
    this.budget = budget;
    terms = Terms.of(config, quota.relays());
    config
        .match()
        .globs()
        .forEach(
            (facet, globs) -> patterns.put(facet, globs.stream().map(NamePattern::new).toList()));
    boolean same =
        before != null
            && before.config.per().equals(config.per())
            && before.config.unit() == config.unit();
    long now = common.ticker().getAsLong();
    buckets = same ? before.buckets : new BucketTable(terms, common.room(), now);
    if (same) {
      buckets.use(terms, now);
    }
  }

  String name() {
    return config.name();
  }

  LimitConfig config() {
    return config;
  }

  /** Whether its budget is that of these settings, too, so that what was used of it is known. */
  boolean budgetGoesOn(LimitConfig other, QuotaConfig under) {
    return config.budget() != null
        && config.budget().equals(other.budget())
        && config.per().equals(other.per())
        && config.match().equals(other.match())
        && quota.zone().equals(under.zone())
        && quota.buckets() == under.buckets();
  }

  BucketTable buckets() {
    return buckets;
  }

  /** Null: it has none. */
  Budget budget() {
    return budget;
  }

  /** Whether what calls cost has to be known. */
  boolean countsMoney() {
    boolean rate = terms.countsTokens() && config.unit() == LimitConfig.Unit.MONEY;
    return rate || (budget != null && budget.isMoney());
  }

  /** Throws away buckets that nobody uses, and of whose budget nothing is spent. */
  void evict(long now) {
    buckets.evict(now, key -> budget != null && budget.spent(key) > 0);
  }

  /** Whether a call is under it. */
  boolean matches(Facets call) {
    if (config.name().equals(call.limit())) {
      return true;
    }
    if (config.match().named()) {
      return false;
    }
    for (Facet facet : FACETS) {
      List<NamePattern> some = patterns.get(facet);
      boolean unread = facet == Facet.MODEL && call.mayBeAnyModel();
      if (some != null && !unread && !NamePattern.any(some, call.of(facet))) {
        return false;
      }
    }
    return true;
  }

  /** Whether it may hang on a call's model, of calls along a route. */
  boolean needsModel(String route) {
    boolean model = patterns.containsKey(Facet.MODEL) || config.per().contains(Facet.MODEL);
    return model && mayLead(route);
  }

  /** Whether it may hang on what a body says of its answer's size. */
  boolean needsMaxTokens(String route) {
    boolean asks = config.reserve() == LimitConfig.Reserve.MAX_TOKENS && terms.countsTokens();
    return asks && mayLead(route);
  }

  private boolean mayLead(String route) {
    List<NamePattern> routes = patterns.get(Facet.ROUTE);
    return routes == null || route == null || NamePattern.any(routes, route);
  }

  /**
   * Takes what a call needs, all or nothing.
   *
   * @param key to look it up by
   * @return why the call is refused; null: it is not
   */
  Denial claim(Reservation call, BucketKey key) {
    key.set(call.facets(), config.per());
    Denial spent = budget == null ? null : budget.denial(key, config.name());
    if (spent != null) {
      Denial verdict = verdict(call, spent, config.onBudget());
      if (verdict != null) {
        return verdict;
      }
    }
    long now = common.ticker().getAsLong();
    Bucket bucket = buckets.of(key, now, shared);
    Bucket.Entry entry = bucket.enter();
    while (entry == Bucket.Entry.GONE) {
      bucket = buckets.of(key, now, shared);
      entry = bucket.enter();
    }
    Denial why =
        entry == Bucket.Entry.FULL
            ? new Denial(Refusal.STREAMS_LIMIT, 1, config.name(), null)
            : take(call, bucket, now);
    if (why == null) {
      return null;
    }
    bucket.refuse();
    return verdict(call, why, config.mode());
  }

  private Denial take(Reservation call, Bucket bucket, long now) {
    long wait = terms.countsRequests() ? bucket.takeRequest(now) : 0;
    if (wait > 0) {
      bucket.leave();
      return denial(Refusal.REQUESTS_LIMIT, wait);
    }
    double tokens = terms.countsTokens() ? reserve(call.facets(), bucket) : 0;
    wait = terms.countsTokens() ? bucket.takeTokens(tokens, now) : 0;
    if (wait > 0) {
      if (terms.countsRequests()) {
        bucket.giveRequest();
      }
      bucket.leave();
      return denial(Refusal.TOKENS_LIMIT, wait);
    }
    call.add(this, bucket, tokens);
    return null;
  }

  /** Of a call that a limit which only warns is told, and nothing taken. */
  private Denial verdict(Reservation call, Denial why, Mode mode) {
    String reason = why.why().code();
    if (mode == Mode.WARN) {
      common.stats().count(Metric.LIMIT_WARNED, config.name(), reason);
      call.warn(config.name(), why.why());
      return null;
    }
    common.stats().count(Metric.LIMIT_REFUSED, config.name(), reason);
    return why;
  }

  private Denial denial(Refusal why, long waitNanos) {
    long seconds = Math.max(1, LimitFields.seconds(waitNanos));
    LimitFields fields = null;
    if (common.tells()) {
      long until = TimeUnit.SECONDS.toNanos(seconds); // no later than when to ask again
      fields =
          why == Refusal.REQUESTS_LIMIT
              ? LimitFields.ofRequests(config.name(), terms, 0, until)
              : LimitFields.ofTokens(config.name(), terms, 0, until);
    }
    return new Denial(why, seconds, config.name(), fields);
  }

  private void countShared() {
    common.stats().add(Metric.LIMIT_SHARED_BUCKET, config.name(), 1);
  }

  /** Never more than half a bucket, so that a full one always admits. */
  private double reserve(Facets call, Bucket bucket) {
    double most = terms.tokenBurst() / 2;
    return switch (config.reserve()) {
      case NONE -> 0;
      case MEAN -> Math.min(most, mean(bucket));
      case MAX_TOKENS -> Math.min(most, call.maxTokens() >= 0 ? call.maxTokens() : mean(bucket));
    };
  }

  private double mean(Bucket bucket) {
    double mean = bucket.mean();
    double known = mean < 0 ? buckets.rest().mean() : mean;
    return known < 0 ? terms.tokenBurst() / 10 : known;
  }

  @Override
  public double cost(UsageRecord of) {
    Tokens tokens = of.usage().tokens();
    return switch (config.unit()) {
      case TOTAL -> total(tokens);
      case INPUT -> known(tokens.prompt());
      case OUTPUT -> known(tokens.completion());
      case MONEY -> {
        long nanos = common.costs().nanos(of, DOLLARS);
        yield nanos < 0 ? UNKNOWN : nanos * NANOS;
      }
    };
  }

  private static double total(Tokens tokens) {
    if (tokens.total() != null || (tokens.prompt() == null && tokens.completion() == null)) {
      return known(tokens.total());
    }
    return Math.max(0, known(tokens.prompt())) + Math.max(0, known(tokens.completion()));
  }

  /** What is absurd, such as a number below zero, is not known. */
  private static double known(Long count) {
    return count == null || count < 0 ? UNKNOWN : count;
  }

  @Override
  public boolean partial(UsageRecord of) {
    return of.usage().state() == UsageState.PARTIAL;
  }

  @Override
  public void giveBack(Bucket bucket, double reserved) {
    if (terms.countsTokens()) {
      bucket.giveTokens(reserved);
    }
    if (terms.countsRequests()) {
      bucket.giveRequest();
    }
    bucket.leave();
  }

  @Override
  public void settle(Bucket bucket, double reserved, double cost) {
    if (terms.countsTokens()) {
      bucket.learn(cost);
      buckets.rest().learn(cost);
      correct(bucket, reserved, cost);
    }
    bucket.leave();
  }

  @Override
  public void settleUnknown(Bucket bucket, double reserved, boolean owes) {
    if (terms.countsTokens() && owes) {
      common.stats().add(Metric.LIMIT_ESTIMATED, config.name(), 1);
    } else if (terms.countsTokens()) {
      correct(bucket, reserved, 0);
    }
    bucket.leave();
  }

  private void correct(Bucket bucket, double reserved, double cost) {
    if (bucket.settle(reserved, cost, common.ticker().getAsLong())) {
      common.stats().add(Metric.LIMIT_DEBT_CAPPED, config.name(), 1);
    }
  }

  @Override
  public LimitFields fields(Bucket bucket) {
    if (!common.tells()) {
      return null;
    }
    long now = common.ticker().getAsLong();
    LimitFields requests =
        terms.countsRequests()
            ? LimitFields.ofRequests(
                config.name(),
                terms,
                (double) terms.requestSize() / terms.requestNanos() - bucket.requestsUsed(now),
                (long) (bucket.requestsUsed(now) * terms.requestNanos()))
            : null;
    LimitFields tokens =
        terms.countsTokens()
            ? LimitFields.ofTokens(
                config.name(),
                terms,
                terms.tokenBurst() - bucket.tokensUsed(now),
                (long) (bucket.tokensUsed(now) * terms.tokenNanos()))
            : null;
    return LimitFields.both(requests, tokens);
  }

  /** Tells of each bucket and whose it is. */
  void forEach(BiConsumer<Map<String, String>, Bucket> what) {
    buckets.forEach((key, bucket) -> what.accept(key.named(config.per()), bucket));
  }
}
