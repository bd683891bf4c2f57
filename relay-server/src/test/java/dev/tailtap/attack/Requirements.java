package dev.tailtap.attack;

import dev.tailtap.rig.Patience;
import java.time.Duration;

/** What an attack may cost those who have no part in it. */
final class Requirements {
  /** How much longer than in quiet times an event or a first byte may wait. */
  static final Duration MORE_WAIT = Duration.ofMillis(250);

  /** Within which the health port answers. */
  static final Duration HEALTH = Duration.ofSeconds(1);

  /** Within which heap and resident memory are back after the attack. */
  static final Duration MEMORY_BACK = inBuild(30);

  /**
   * How much more than idle is still back. A build on a busy machine asks a relay that has hardly
   * begun what it holds when idle; what a JVM keeps of its heap once it was used, some two thirds
   * beyond what is live, comes later.
   */
  static final long IDLE_TOLERANCE_MIB = Ground.WHOLE ? 100 : 180;

  /** What the tests set as relay.drain-timeout, and what a stop may take beyond it. */
  static final Duration DRAIN = Duration.ofSeconds(2);

  static final Duration STOP_BEYOND_DRAIN = inBuild(10);

  /** How long clients that send a byte a second may hold all streams. */
  static final Duration SLOW_BODIES_END = Duration.ofSeconds(25);

  /** The longest stall of an event loop that the machine does not share. */
  static final Duration STALL = Duration.ofMillis(100);

  /** What Netty may hold outside the heap, above what it held before a storm. */
  static final long DIRECT_TOLERANCE_MIB = 16;

  private Requirements() {}

  /** Seconds, where times are asserted: not in a build, which may run on a busy machine. */
  private static Duration inBuild(int seconds) {
    return Ground.WHOLE ? Duration.ofSeconds(seconds) : Patience.TIME;
  }
}
