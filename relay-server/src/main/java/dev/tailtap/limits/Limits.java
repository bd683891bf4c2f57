package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.QuotaConfig;
import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.redis.SharedCounters;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.EventLoop;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The limits that are set by name, of all event loops together, each of which asks through a {@link
 * Limiting} of its own. What is in use lies in the buckets of this process, of which several relays
 * each hold their part; or in {@link SharedCounters}, which those stand in for. Any thread.
 */
public final class Limits {
  private final Stats stats;
  private final Costs costs;
  private final Clock clock;
  private final LongSupplier ticker;
  private final BucketTable.Room room = new BucketTable.Room();
  private volatile List<LimitRule> rules = List.of();
  private volatile Duration refresh = Duration.ofSeconds(10);
  private volatile Away away = Away.LOCAL;
  private SharedCounters shared; // of the start alone; null: relays share nothing

  /**
   * None yet.
   *
   * @param costs what calls cost, for those that count money
   */
  public Limits(Stats stats, Costs costs) {
    this(stats, costs, Clock.systemUTC(), System::nanoTime);
  }

  /** With other clocks. */
  Limits(Stats stats, Costs costs, Clock clock, LongSupplier ticker) {
    this.stats = stats;
    this.costs = costs;
    this.clock = clock;
    this.ticker = ticker;
    stats.gauge(
        Metric.LIMIT_BUCKETS,
        out -> rules.forEach(rule -> out.put(rule.buckets().size(), rule.name())));
    stats.gauge(
        Metric.LIMIT_STREAMS,
        out -> rules.forEach(rule -> out.put(rule.buckets().inside(), rule.name())));
    stats.gauge(Metric.BUDGET_AGE, out -> budgets(out, budget -> budget.ageNanos() / 1e9));
    stats.gauge(Metric.BUDGET_USED, out -> budgets(out, Budget::fullest));
  }

  private void budgets(Stats.Samples out, ToDoubleFunction<Budget> figure) {
    for (LimitRule rule : rules) {
      if (rule.budget() != null) {
        out.put(figure.applyAsDouble(rule.budget()), rule.name());
      }
    }
  }

  /**
   * From now on these limits hold, for calls that come. A limit that is as it was keeps its
   * buckets; one that is not keeps what is in use of them, if it tells the same calls apart. One
   * thread at a time.
   */
  public void use(QuotaConfig quota) {
    room.limit(quota.buckets());
    refresh = quota.refresh();
    away = quota.shared().away();
    Map<String, LimitRule> before = new HashMap<>();
    rules.forEach(rule -> before.put(rule.name(), rule));
    boolean tells = quota.headers() == QuotaConfig.Headers.DRAFT;
    LimitRule.Common common = new LimitRule.Common(room, stats, costs, ticker, tells);
    List<LimitRule> next = new ArrayList<>();
    for (LimitConfig limit : quota.limits().values()) {
      LimitRule old = before.get(limit.name());
      Budget budget = limit.budget() == null ? null : budget(limit, quota, old);
      next.add(new LimitRule(limit, quota, common, budget, old));
    }
    Set<BucketTable> kept = new LinkedHashSet<>();
    next.forEach(rule -> kept.add(rule.buckets()));
    List<LimitRule> gone = rules;
    rules = List.copyOf(next);
    gone.stream()
        .map(LimitRule::buckets)
        .filter(table -> !kept.contains(table))
        .forEach(BucketTable::close);
    stats.retainLimits(quota.limits().keySet());
  }

  /** What was used of a budget is known on, if it is the same. */
  private Budget budget(LimitConfig limit, QuotaConfig quota, LimitRule before) {
    if (before == null || !before.budgetGoesOn(limit, quota)) {
      return new Budget(limit, quota, costs, clock, ticker);
    }
    before.budget().use(quota);
    return before.budget();
  }

  /** How often what was spent of budgets is to be asked. */
  public Duration refresh() {
    return refresh;
  }

  /** Whether any of them counts what calls cost. */
  public boolean countsMoney() {
    return rules.stream().anyMatch(LimitRule::countsMoney);
  }

  /** For one event loop. */
  public Limiting gate() {
    return new LocalGate(() -> rules);
  }

  /** The same of a loop that asks what relays share, if they share anything. */
  public Limiting gate(EventLoop loop) {
    LocalGate local = new LocalGate(() -> rules);
    return shared == null ? local : new SharedGate(local, () -> rules, () -> away, shared.of(loop));
  }

  /** From the gates on that are made after this, relays have the buckets there in common. */
  public void share(SharedCounters counters) {
    shared = counters;
  }

  /** Whether relays have buckets in common; those here are this relay's own all the same. */
  public boolean areShared() {
    return shared != null;
  }

  /** Whether the buckets that relays have in common can be asked. */
  public boolean areSharedUp() {
    return shared != null && shared.isUp();
  }

  /** Whether there is a limit of this name. */
  public boolean has(String name) {
    return rules.stream().anyMatch(rule -> rule.name().equals(name));
  }

  /** Throws away the buckets that nobody uses. */
  public void evict() {
    long now = ticker.getAsLong();
    rules.forEach(rule -> rule.evict(now));
  }

  /** The limits that have a budget. */
  public BudgetLedger budgets() {
    return new BudgetLedger(() -> rules, ticker);
  }

  /** What all hold at present; the fullest buckets of each, so many at most. */
  public List<LimitState> states(String name, int most) {
    long now = ticker.getAsLong();
    return rules.stream()
        .filter(rule -> name == null || rule.name().equals(name))
        .map(rule -> LimitState.of(rule, most, now))
        .toList();
  }
}
