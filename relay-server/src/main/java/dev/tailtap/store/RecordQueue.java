package dev.tailtap.store;

import dev.tailtap.usage.UsageRecord;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * Finished records on their way to the writer. A place is reserved at admission and held until the
 * row is settled, so {@link #offer} always finds room. Any thread reserves and offers, without lock
 * or wait; only the writer takes.
 */
final class RecordQueue {
  private final MpscVarHandleArrayQueue<UsageRecord> queue;
  private final int capacity;
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong pending = new AtomicLong();
  private volatile Thread sleeper;

  RecordQueue(int capacity) {
    this.capacity = capacity;
    this.queue = new MpscVarHandleArrayQueue<>(Math.max(2, capacity));
  }

  boolean tryReserve() {
    if (held.getAndIncrement() < capacity) {
      return true;
    }
    held.getAndDecrement();
    return false;
  }

  void release() {
    held.getAndDecrement();
  }

  void offer(UsageRecord record) {
    pending.getAndIncrement();
    if (!queue.offer(record)) {
      pending.getAndDecrement();
      throw new IllegalStateException("a record was offered that had no reservation");
    }
    // The record must be visible before the sleeper is looked at, or both sides could miss each
    // other.
    VarHandle.fullFence();
    Thread writer = sleeper;
    if (writer != null) {
      LockSupport.unpark(writer);
    }
  }

  /** Records offered and not yet settled, those in the writer's hands included. */
  long pending() {
    return pending.get();
  }

  int waiting() {
    return queue.size();
  }

  /** Moves up to {@code atMost} records into {@code batch}. The writer's. */
  void take(List<UsageRecord> batch, int atMost) {
    queue.drain(batch::add, atMost);
  }

  /** Gives up the places of records whose fate is sealed. The writer's. */
  void settled(int records) {
    pending.getAndAdd(-records);
    held.getAndAdd(-records);
  }

  /** Waits until there is a record, for the time given at most. The writer's. */
  void awaitRecord(long nanos) {
    sleeper = Thread.currentThread();
    if (queue.isEmpty()) {
      LockSupport.parkNanos(this, nanos);
    }
    sleeper = null;
  }
}
