package dev.tailtap.limits;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of requests that are kept so that they could be sent again, of all calls together. Any
 * thread.
 */
public final class ReplayMemory {
  private final AtomicLong held = new AtomicLong();
  private volatile long limit;

  /** From now on so many may be; what is held stays. */
  void limit(long most) {
    limit = most;
  }

  /** Takes room until it is released; false: there is none. */
  public boolean reserve(long bytes) {
    if (held.addAndGet(bytes) <= limit) {
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
