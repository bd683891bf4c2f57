package dev.tailtap.redis;

/**
 * Who asks for admission. Told exactly once, on the loop that it asked on, either before {@link
 * LoopCounters#admit} returns or within the patience of {@link SharedCounters} with it.
 */
public interface Asker {
  /** All buckets admit it, and have what it reserves. */
  void admitted(Grant grant);

  /**
   * At least one does not; none has changed.
   *
   * @param claim the index of the one that takes longest
   * @param retryMicros when it would be admitted if nobody else asked; a second where nobody knows
   */
  void refused(int claim, long retryMicros);

  /**
   * Nobody knows. Whoever goes on by other means keeps the grant and settles it as any, so that the
   * shared buckets learn of the call when they are back; whoever does not withdraws it.
   */
  void away(Grant grant);
}
