package dev.tailtap;

import dev.tailtap.exchange.Ledger;
import dev.tailtap.limits.BudgetLedger;
import dev.tailtap.log.CallLog;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.store.UsageStore;

/** The store as the exchange sees it, and who is told of each record beside. */
record StoreLedger(UsageStore store, CallLog calls, BudgetLedger budgets) implements Ledger {
  @Override
  public boolean reserve() {
    return store.reserve();
  }

  @Override
  public void release() {
    store.release();
  }

  @Override
  public boolean open(OpenRecord record, Runnable written) {
    return store.openCall(record, written);
  }

  @Override
  public void reopen(OpenRecord record, Runnable written) {
    store.reopenCall(record, written);
  }

  @Override
  public void close(UsageRecord record, Runnable durable) {
    calls.offer(record);
    budgets.ended(record); // before its row can be committed
    store.closeCall(record, durable);
  }

  @Override
  public boolean safe() {
    return store.isSafe();
  }
}
