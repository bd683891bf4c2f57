package dev.tailtap.usage;

import dev.tailtap.record.Tokens;

/**
 * From a provider's counts to the columns of a record. What the vendors' API references leave open
 * was checked on recorded answers, where prompt and completion make the total.
 */
final class Formula {
  private static final long UNKNOWN = Counts.UNKNOWN;

  private final Counts counts;
  private final long reportedTotal;
  private final long prompt;
  private final long completion;

  private Formula(Counts counts) {
    this.counts = counts;
    this.reportedTotal = counts.get(Count.TOTAL);
    this.prompt = promptOf();
    this.completion = completionOf();
  }

  /** What the counts say; where nothing is known, null. */
  static Tokens of(Counts counts) {
    Formula columns = new Formula(counts);
    return new Tokens(
        column(columns.prompt),
        column(columns.completion),
        column(columns.total()),
        column(columns.cached()),
        column(columns.cacheWrite()),
        column(columns.reasoning()));
  }

  /** What the provider says; where it says nothing the sum of the two, if both are known. */
  private long total() {
    boolean silent = reportedTotal == UNKNOWN && prompt != UNKNOWN && completion != UNKNOWN;
    return silent ? prompt + completion : reportedTotal;
  }

  private long cached() {
    return either(counts.get(Count.CACHED), counts.get(Count.CACHE_READ));
  }

  private long cacheWrite() {
    return either(counts.get(Count.CACHE_WRITE), counts.get(Count.CACHE_WRITE_WITHIN));
  }

  private long reasoning() {
    long other = either(counts.get(Count.OTHER_REASONING), counts.get(Count.THOUGHTS));
    return either(counts.get(Count.CHAT_REASONING), other);
  }

  private long promptOf() {
    long tools = counts.get(Count.TOOL_PROMPT);
    long input = counts.get(Count.INPUT);
    if (input != UNKNOWN) {
      return sum(input, tools);
    }
    long beside = sum(counts.get(Count.INPUT_BESIDE_CACHE), counts.get(Count.CACHE_READ));
    return sum(beside, sum(counts.get(Count.CACHE_WRITE), tools));
  }

  /** With the reasoning, where a total that is exactly all three together shows it to be apart. */
  private long completionOf() {
    long output = sum(counts.get(Count.OUTPUT), counts.get(Count.THOUGHTS));
    long reasoning = counts.get(Count.CHAT_REASONING);
    if (output == UNKNOWN || reasoning == UNKNOWN || prompt == UNKNOWN) {
      return output;
    }
    return reportedTotal == prompt + output + reasoning ? output + reasoning : output;
  }

  /** The sum of what is known. */
  private static long sum(long a, long b) {
    return a == UNKNOWN || b == UNKNOWN ? either(a, b) : a + b;
  }

  private static long either(long a, long b) {
    return a != UNKNOWN ? a : b;
  }

  private static Long column(long number) {
    return number == UNKNOWN ? null : Long.valueOf(number);
  }
}
