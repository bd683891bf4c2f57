package dev.tailtap.rehearsal;

import dev.tailtap.exchange.Ledger;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.store.RowEncoding;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Encodes each record as the journal and the writer would, on a thread of its own as they do, and
 * drops it.
 */
final class DryLedger implements Ledger, AutoCloseable {
  private final ExecutorService thread = Executors.newSingleThreadExecutor(Threads::daemon);
  private final RowEncoding rows = new RowEncoding();

  @Override
  public boolean reserve() {
    return true;
  }

  @Override
  public void release() {
    // There is room for all.
  }

  @Override
  public boolean open(OpenRecord record, Runnable written) {
    thread.execute(() -> rows.open(record));
    return true;
  }

  @Override
  public void reopen(OpenRecord record, Runnable written) {
    thread.execute(
        () -> {
          rows.open(record);
          written.run();
        });
  }

  @Override
  public void close(UsageRecord record, Runnable durable) {
    thread.execute(
        () -> {
          rows.close(record);
          durable.run();
        });
  }

  @Override
  public boolean safe() {
    return true;
  }

  /** After the last record. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
