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

  /**
   * What the provider says; where it says nothing, or 0, the sum of the two, if both are known. A
   * total that leaves out what is billed apart is none.
   */
  private long total() {
    if (isReasoningApart() && reportedTotal != prompt + completion) {
      return UNKNOWN;
    }
    boolean silent = reportedTotal <= 0 && prompt != UNKNOWN && completion != UNKNOWN;
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
    long beside = counts.get(TokenKind.INPUT_BESIDE_CACHE);
    if (input > 0 || (input == 0 && beside <= 0)) {
      return sum(input, tools);
    }
    long read = counts.get(TokenKind.CACHE_READ);
    long written = counts.get(TokenKind.CACHE_WRITE);
    if (beside == 0 && sum(sum(read, written), tools) <= 0 && saysOnlyWhatCameOut()) {
      return UNKNOWN;
    }
    if (isCacheInside(beside, read, written)) {
      return sum(beside, tools);
    }
    return sum(sum(beside, read), sum(written, tools));
  }

  /**
   * LiteLLM puts Anthropic's names for caches beside OpenAI's input, which has them inside: its
   * total, by OpenAI's name, is that of input and output alone.
   */
  private boolean isCacheInside(long input, long read, long written) {
    long cache = Math.max(read, 0) + Math.max(written, 0);
    boolean total = reportedTotal > 0 && counts.isByFirstName(TokenKind.TOTAL);
    return total && cache <= input && reportedTotal == input + counts.known(TokenKind.OUTPUT);
  }

  /** Nothing comes out where nothing went in: then the 0 stands where a number never came. */
  private boolean saysOnlyWhatCameOut() {
    return reportedTotal == UNKNOWN && counts.get(TokenKind.OUTPUT) > 0;
  }

  /** With the reasoning, where a total that is exactly all three together shows it to be apart. */
  private long completionOf() {
    long output = sum(counts.get(TokenKind.OUTPUT), counts.get(TokenKind.THOUGHTS));
    long reasoning = counts.get(TokenKind.CHAT_REASONING);
    if (output == UNKNOWN || reasoning == UNKNOWN || prompt == UNKNOWN) {
      return output;
    }
    boolean apart = reportedTotal == prompt + output + reasoning || isReasoningApart();
    return apart ? output + reasoning : output;
  }

  /** Perplexity's deep research bills it apart, and says so by the citations that it bills too. */
  private boolean isReasoningApart() {
    return counts.get(TokenKind.CITATIONS) != UNKNOWN
        && counts.get(TokenKind.CHAT_REASONING) > counts.known(TokenKind.OUTPUT);
  }

  /** The sum of what is known. */
  private static long sum(long a, long b) {
    return a == UNKNOWN || b == UNKNOWN ? Math.max(a, b) : a + b;
  }

  /** The first that is known, but a 0 never against a number. */
  private static long either(long a, long b) {
    return a > 0 || b == UNKNOWN || (a == 0 && b == 0) ? a : b;
  }

  private static Long column(long number) {
    return number == UNKNOWN ? null : Long.valueOf(number);
  }
}
