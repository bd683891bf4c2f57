package dev.tailtap;

import dev.tailtap.limits.BudgetLedger;
import dev.tailtap.limits.BudgetPeriod;
import dev.tailtap.limits.Limits;
import dev.tailtap.store.BudgetSums;
import dev.tailtap.store.DatabaseAwayException;
import dev.tailtap.store.LocalPrices;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the sums what was spent of budgets, and the price table what things cost, every {@code
 * budget.refresh}; and throws away buckets that nobody uses. A thread of its own, which no loop
 * waits for.
 */
final class Budgets implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Budgets.class);
  private static final long STOP_MS = 2_000;

  private final Limits limits;
  private final BudgetLedger ledger;
  private final BudgetSums sums;
  private final LocalPrices prices;
  private final Thread thread = new Thread(this::run, "tailtap-budgets");
  private volatile boolean woken;
  private volatile boolean closed;
  private boolean away; // so that it is told once

  /** Asks nothing yet. */
  Budgets(Limits limits, BudgetLedger ledger, BudgetSums sums, LocalPrices prices) {
    this.limits = limits;
    this.ledger = ledger;
    this.sums = sums;
    this.prices = prices;
    thread.setDaemon(true);
  }

  /** Asks for the first time, and then again and again by its thread. */
  void start() {
    ask();
    thread.start();
  }

  /** Other settings are in use: their budgets are not to wait. */
  void wake() {
    woken = true;
    LockSupport.unpark(thread);
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(STOP_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      long end = System.nanoTime() + limits.refresh().toNanos();
      for (long left = 1; left > 0 && !woken && !closed; left = end - System.nanoTime()) {
        LockSupport.parkNanos(this, Math.max(1, end - System.nanoTime()));
      }
      woken = false;
      if (!closed) {
        limits.evict();
        ask();
      }
    }
  }

  private void ask() {
    try {
      if (limits.countsMoney()) {
        prices.refresh();
      }
      if (ledger.any()) {
        askSums();
      }
      if (away) {
        LOG.info("event=budgets_known");
      }
      away = false;
    } catch (DatabaseAwayException | RuntimeException failure) {
      if (!away) {
        LOG.warn("event=budgets_unknown reason=\"{}\"", failure.getMessage());
      }
      away = true;
    }
  }

  private void askSums() throws DatabaseAwayException {
    BudgetLedger.Question question = ledger.question();
    Map<BudgetSums.Span, BudgetLedger.Span> spans = new HashMap<>();
    for (BudgetLedger.Span span : question.spans()) {
      BudgetPeriod period = span.period();
      spans.put(new BudgetSums.Span(period.from(), period.to(), span.money()), span);
    }
    Map<BudgetLedger.Span, List<BudgetLedger.Sum>> answer = new HashMap<>();
    sums.ask(List.copyOf(spans.keySet()), question::snapshot)
        .forEach(
            (span, all) -> answer.put(spans.get(span), all.stream().map(Budgets::sum).toList()));
    question.answered(answer);
  }

  private static BudgetLedger.Sum sum(BudgetSums.Sum of) {
    return new BudgetLedger.Sum(of.tenant(), of.upstream(), of.currency(), of.amount());
  }
}
