package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.config.LimitConfig.Mode;
import dev.tailtap.config.QuotaConfig;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.redis.Claim;
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
  private final Terms whole; // of all relays
  private final Drained drained;
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
    whole = Terms.of(config, 1);
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
    drained = new Drained(this, buckets, common.ticker());
  }

  @Override
  public String name() {
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
   * Takes what a call needs of this process's buckets, all or nothing.
   *
   * @param key to look it up by
   * @return why the call is refused; null: it is not
   */
  Denial claim(Reservation call, BucketKey key) {
    Denial spent = overBudget(call, key);
    return spent == null ? claimRates(call, key) : spent;
  }

  /** The same of a call that is within the budget. */
  Denial claimRates(Reservation call, BucketKey key) {
    key.set(call.facets(), config.per());
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
    return verdict(call, why, config.mode(), bucket);
  }

  /** Why a call is refused by the budget alone; null: it is not. */
  Denial overBudget(Reservation call, BucketKey key) {
    key.set(call.facets(), config.per());
    Denial spent = budget == null ? null : budget.denial(key, config.name());
    if (spent == null) {
      return null;
    }
    Bucket bucket = buckets.of(key, common.ticker().getAsLong(), shared);
    return verdict(call, spent, config.onBudget(), bucket);
  }

  /** What a call asks of the buckets that relays share. */
  SharedClaims claims(Reservation call, BucketKey key) {
    key.set(call.facets(), config.per());
    Bucket bucket = buckets.of(key, common.ticker().getAsLong(), shared);
    SharedClaims made = bucket.claims();
    if (made == null || !made.isOf(config, whole)) {
      made = SharedClaims.of(config, whole, bucket == buckets.rest() ? "~rest" : key.text());
      bucket.claims(made);
    }
    return made;
  }

  /** Others have admitted it: takes as much of what it needs as there is, and never refuses. */
  void keepUp(Reservation call, BucketKey key) {
    key.set(call.facets(), config.per());
    long now = common.ticker().getAsLong();
    Bucket bucket = buckets.of(key, now, shared);
    while (!bucket.join()) {
      bucket = buckets.of(key, now, shared);
    }
    if (terms.countsRequests()) {
      bucket.drainRequest(now);
    }
    double tokens = terms.countsTokens() ? reserve(call.facets(), bucket) : 0;
    call.add(drained, bucket, tokens == 0 ? 0 : bucket.drainTokens(tokens, now));
  }

  /**
   * A call is beyond what relays share.
   *
   * @return why it is refused; null: it is only warned
   */
  Denial beyond(Reservation call, BucketKey key, Claim.Kind what, long waitNanos) {
    key.set(call.facets(), config.per());
    Bucket bucket = buckets.of(key, common.ticker().getAsLong(), shared);
    Denial why =
        switch (what) {
          case REQUESTS -> denial(Refusal.REQUESTS_LIMIT, waitNanos, whole);
          case TOKENS -> denial(Refusal.TOKENS_LIMIT, waitNanos, whole);
          case STREAMS -> new Denial(Refusal.STREAMS_LIMIT, 1, config.name(), null);
        };
    return verdict(call, why, config.mode(), bucket);
  }

  /** What relays share cannot be asked, and nobody else is to be: null: it is only warned. */
  Denial unasked(Reservation call) {
    Denial away = new Denial(Refusal.LIMITS_AWAY, 1, config.name(), null);
    return verdict(call, away, config.mode(), null);
  }

  private Denial take(Reservation call, Bucket bucket, long now) {
    long wait = terms.countsRequests() ? bucket.takeRequest(now) : 0;
    if (wait > 0) {
      bucket.leave();
      return denial(Refusal.REQUESTS_LIMIT, wait, terms);
    }
    double tokens = terms.countsTokens() ? reserve(call.facets(), bucket) : 0;
    wait = terms.countsTokens() ? bucket.takeTokens(tokens, now) : 0;
    if (wait > 0) {
      if (terms.countsRequests()) {
        bucket.giveRequest();
      }
      bucket.leave();
      return denial(Refusal.TOKENS_LIMIT, wait, terms);
    }
    call.add(this, bucket, tokens);
    return null;
  }

  /** Of a call that a limit which only warns is told, and nothing taken. */
  /** As the limit has it; the bucket, if it is one's, counts whom it refuses. */
  private Denial verdict(Reservation call, Denial why, Mode mode, Bucket bucket) {
    String reason = why.why().code();
    if (mode == Mode.WARN) {
      common.stats().count(Metric.LIMIT_WARNED, config.name(), reason);
      call.warn(config.name(), why.why());
      return null;
    }
    common.stats().count(Metric.LIMIT_REFUSED, config.name(), reason);
    if (bucket != null) {
      bucket.refuse();
    }
    return why;
  }

  private Denial denial(Refusal why, long waitNanos, Terms of) {
    long seconds = Math.max(1, LimitFields.seconds(waitNanos));
    LimitFields fields = null;
    if (common.tells()) {
      long until = TimeUnit.SECONDS.toNanos(seconds); // no later than when to ask again
      fields =
          why == Refusal.REQUESTS_LIMIT
              ? LimitFields.ofRequests(config.name(), of, 0, until)
              : LimitFields.ofTokens(config.name(), of, 0, until);
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
    return Charge.of(of, config.unit(), common.costs());
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
