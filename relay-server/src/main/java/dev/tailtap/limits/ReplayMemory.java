package dev.tailtap.limits;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of requests that are kept so that they could be sent again, of all calls together.
 * Nobody is to be cut or refused for what may never be of use: they fill no more than a quarter of
 * the memory account, and grow no more once all that is held fills half of it. Any thread.
 */
public final class ReplayMemory {
  private static final int SHARE = 4;

  private final MemoryAccount memory;
  private final AtomicLong held = new AtomicLong();
  private volatile long limit;

  /** Part of an account; nothing may be held until there is a limit. */
  ReplayMemory(MemoryAccount memory) {
    this.memory = memory;
  }

  /** From now on so many may be; what is held stays. */
  void limit(long most) {
    limit = Math.min(most, memory.limit() / SHARE);
  }

  /** Takes room until it is released; false: there is none. */
  public boolean reserve(long bytes) {
    if (held.addAndGet(bytes) <= limit && memory.calm()) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  public void release(long bytes) {
    held.addAndGet(-bytes);
  }

  /** What is held at present. */
  public long held() {
    return held.get();
  }
}
