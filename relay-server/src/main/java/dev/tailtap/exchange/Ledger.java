package dev.tailtap.exchange;

import dev.tailtap.limits.RecordRoom;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;

/**
 * Where records go; the exchange knows no store. Called by all event loops, must never block. Every
 * reservation is followed by exactly one record, or given back. The callbacks come on another
 * thread.
 */
public interface Ledger extends RecordRoom {
  /**
   * Takes note of a call whose request is about to leave.
   *
   * @param written run once a kill of the process cannot undo it; the first byte waits for that
   * @return whether none can already; {@code written} is not run then
   */
  boolean open(OpenRecord record, Runnable written);

  /**
   * Takes note that a call which is open goes to another upstream, since nothing of it has left for
   * the one before; what was said of that counts no more.
   *
   * @param written as of {@link #open}
   */
  void reopen(OpenRecord record, Runnable written);

  /**
   * Takes over the record of an ended exchange.
   *
   * @param durable run once the record is on the disk
   */
  void close(UsageRecord record, Runnable durable);

  /**
   * Whether what it is told will be kept, as far as it knows: while not, nobody is to be given the
   * proper end of a response, which may be taken as a receipt.
   */
  boolean safe();
}
