package dev.tailtap.limits;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/**
 * What this relay's calls have used that the answer in use does not have yet, by bucket. A call is
 * in here from its end until an answer is used that was asked for after its row was committed: so
 * it is counted in one of the two, and in neither never. Those that come when there are too many
 * share one sum, which then counts for each bucket that has none. Any thread; each for an instant.
 *
 * <pre>
 * ended ─► waiting ─(its row is committed)─► stored ─(a question's snapshot)─► asked ─(answer)─► gone
 * </pre>
 */
final class OwnSums {
  /** Of one bucket. Guarded by the sums, but for the sum, which others read. */
  private static final class Sum {
    private volatile long amount; // of all of it
    private long calls; // likewise
    private long stored;
    private long storedCalls;
    private long asked;
    private long askedCalls;
  }

  private final Map<BucketKey, Sum> sums = new ConcurrentHashMap<>();
  private final Sum rest = new Sum();
  private final int most;

  /**
   * Of nothing.
   *
   * @param most buckets that have a sum of their own
   */
  OwnSums(int most) {
    this.most = most;
  }

  /** What a bucket's calls used. */
  long of(BucketKey key) {
    Sum sum = sums.get(key);
    return sum == null ? rest.amount : sum.amount;
  }

  /** The largest of what is known of the buckets that have a sum here; 0 without any. */
  long largest(ToLongFunction<BucketKey> known) {
    return sums.keySet().stream().mapToLong(known).max().orElse(0);
  }

  /** A call has ended. */
  synchronized void ended(BucketKey key, long amount) {
    Sum sum = sums.get(key);
    if (sum == null && sums.size() < most && rest.calls == 0) {
      sum = new Sum();
      sums.put(key.copy(), sum);
    }
    Sum of = sum == null ? rest : sum;
    of.calls++;
    of.amount = plus(of.amount, amount);
  }

  /** The row of a call is committed; one that was never told of here changes nothing. */
  synchronized void stored(BucketKey key, long amount) {
    Sum sum = sums.getOrDefault(key, rest);
    if (sum.calls > sum.storedCalls + sum.askedCalls) {
      sum.storedCalls++;
      sum.stored = plus(sum.stored, amount);
    }
  }

  /** A question sees all that is stored by now, and nothing else. */
  synchronized void ask() {
    sums.values().forEach(OwnSums::ask);
    ask(rest);
  }

  private static void ask(Sum sum) {
    sum.asked = plus(sum.asked, sum.stored);
    sum.askedCalls += sum.storedCalls;
    sum.stored = 0;
    sum.storedCalls = 0;
  }

  /** The question is answered, and its answer about to be used. */
  synchronized void answered() {
    sums.values()
        .removeIf(
            sum -> {
              answered(sum);
              return sum.calls == 0;
            });
    answered(rest);
  }

  private static void answered(Sum sum) {
    sum.calls -= sum.askedCalls;
    // What was priced by other prices when it ended than when it was stored leaves nothing behind.
    sum.amount = sum.calls == 0 ? 0 : Math.max(0, sum.amount - sum.asked);
    sum.asked = 0;
    sum.askedCalls = 0;
  }

  /** Another period has begun: what was used counts for none of its budgets. */
  synchronized void clear() {
    sums.clear();
    rest.amount = 0;
    rest.calls = 0;
    rest.stored = 0;
    rest.storedCalls = 0;
    rest.asked = 0;
    rest.askedCalls = 0;
  }

  /** An absurd count must not turn into less than nothing. */
  private static long plus(long one, long other) {
    long sum = one + other;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }
}
