package dev.tailtap.usage;

import dev.tailtap.record.Tokens;

/**
 * From a provider's counts to the columns of a record. What the vendors' API references leave open
 * was checked on recorded answers, where prompt and completion make the total.
 */
final class TokenColumns {
  private static final long UNKNOWN = TokenCounts.UNKNOWN;

  private final TokenCounts counts;
  private final long reportedTotal;
  private final long prompt;
  private final long completion;

  private TokenColumns(TokenCounts counts) {
    this.counts = counts;
    this.reportedTotal = counts.get(TokenKind.TOTAL);
    this.prompt = promptOf();
    this.completion = completionOf();
  }

  /** What the counts say; where nothing is known, null. */
  static Tokens of(TokenCounts counts) {
    TokenColumns columns = new TokenColumns(counts);
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
    return either(counts.get(TokenKind.CACHED), counts.get(TokenKind.CACHE_READ));
  }

  private long cacheWrite() {
    return either(counts.get(TokenKind.CACHE_WRITE), counts.get(TokenKind.CACHE_WRITE_WITHIN));
  }

  private long reasoning() {
    long other = either(counts.get(TokenKind.OTHER_REASONING), counts.get(TokenKind.THOUGHTS));
    return either(counts.get(TokenKind.CHAT_REASONING), other);
  }

  private long promptOf() {
    long tools = counts.get(TokenKind.TOOL_PROMPT);
    long input = counts.get(TokenKind.INPUT);
    if (input != UNKNOWN) {
      return sum(input, tools);
    }
    long beside = sum(counts.get(TokenKind.INPUT_BESIDE_CACHE), counts.get(TokenKind.CACHE_READ));
    return sum(beside, sum(counts.get(TokenKind.CACHE_WRITE), tools));
  }

  /** With the reasoning, where a total that is exactly all three together shows it to be apart. */
  private long completionOf() {
    long output = sum(counts.get(TokenKind.OUTPUT), counts.get(TokenKind.THOUGHTS));
    long reasoning = counts.get(TokenKind.CHAT_REASONING);
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
