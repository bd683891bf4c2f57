package dev.tailtap;

import dev.tailtap.config.QuotaConfig;
import dev.tailtap.config.SharedConfig;
import dev.tailtap.limits.BudgetLedger;
import dev.tailtap.limits.Limits;
import dev.tailtap.loop.Transport;
import dev.tailtap.redis.SharedCounters;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.LocalPrices;
import dev.tailtap.store.UsageStore;
import dev.tailtap.tls.Tls;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.channel.EventLoopGroup;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;

/**
 * The limits of one relay with all that they hang on: what relays share, and the sums for budgets.
 * To be closed after whatever asks them, and before the loops. Any thread.
 */
final class Quotas implements AutoCloseable {
  private final Limits limits;
  private final BudgetLedger spent;
  private final Budgets budgets;
  private final SharedCounters shared; // null: none

  /**
   * How loops reach another server.
   *
   * @param resolver of its name
   */
  record Net(
      EventLoopGroup loops,
      Transport transport,
      AddressResolverGroup<InetSocketAddress> resolver,
      Tls tls) {}

  /** Begins to ask the sums, and connects to what is shared. */
  Quotas(QuotaConfig quota, UsageStore store, Net net, Stats stats) {
    LocalPrices prices = store.prices();
    limits = new Limits(stats, prices::nanos);
    spent = limits.budgets();
    limits.use(quota);
    shared = quota.shared().server() == null ? null : shared(quota, net, stats);
    if (shared != null) {
      limits.share(shared);
    }
    budgets = new Budgets(limits, spent, store.budgets(spent::stored), prices);
    budgets.start();
  }

  private static SharedCounters shared(QuotaConfig quota, Net net, Stats stats) {
    SharedConfig config = quota.shared();
    TlsEndpoint tls = config.server().tls() ? net.tls().sharedLimits(config.trust()) : null;
    return new SharedCounters(
        net.loops(),
        net.transport(),
        net.resolver(),
        config.server(),
        tls,
        config.timeout(),
        quota.relays(),
        stats);
  }

  Limits limits() {
    return limits;
  }

  /** To be told of each call that has ended. */
  BudgetLedger spent() {
    return spent;
  }

  /** Other settings are in use: asks the sums anew. */
  void wake() {
    budgets.wake();
  }

  @Override
  public void close() {
    budgets.close();
    if (shared != null) {
      shared.close();
    }
  }
}
