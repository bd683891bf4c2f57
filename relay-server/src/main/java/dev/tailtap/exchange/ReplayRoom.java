package dev.tailtap.exchange;

import dev.tailtap.limits.ReplayMemory;
import dev.tailtap.stats.Label;

/**
 * Room for a request body that is kept so that it can be sent again: up to the bound of its route,
 * and of all of them together. Event loop only.
 */
final class ReplayRoom {
  private final ReplayMemory memory;
  private final long most;
  private long reserved;
  private Label missed; // what there was too little of; null: of nothing

  /** Of so many bytes at most. */
  ReplayRoom(ReplayMemory memory, long most) {
    this.memory = memory;
    this.most = most;
  }

  /** Takes room for more of it; false: there is none. */
  boolean reserve(long more) {
    boolean small = reserved + more <= most;
    boolean has = small && memory.reserve(more);
    reserved += has ? more : 0;
    missed = has ? missed : small ? Label.UNARMED_MEMORY : Label.UNARMED_BODY;
    return has;
  }

  /** What there was too little of; null: of nothing. */
  Label missed() {
    return missed;
  }

  /** Gives back all that it has. */
  void release() {
    memory.release(reserved);
    reserved = 0;
  }
}
