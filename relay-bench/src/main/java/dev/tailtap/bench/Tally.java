package dev.tailtap.bench;

import java.util.Locale;

/** What a gateway has recorded in all. {@link #UNKNOWN}: it records no such thing. Immutable. */
record Tally(long rows, long in, long out) {
  static final long UNKNOWN = -1;
  static final Tally NONE = new Tally(UNKNOWN, UNKNOWN, UNKNOWN);

  /**
   * Of what a gateway's command prints: three numbers, or a dash for each that it does not have.
   */
  static Tally of(String printed) {
    String[] words = printed.split(" ", -1);
    if (!printed.matches("(\\d{1,18}|-)( (\\d{1,18}|-)){2}")) {
      throw new BenchException(
          "--also-record printed '" + printed + "': must be ROWS TOKENS-IN TOKENS-OUT");
    }
    return new Tally(number(words[0]), number(words[1]), number(words[2]));
  }

  private static long number(String word) {
    return word.equals("-") ? UNKNOWN : Long.parseLong(word);
  }

  /** What came since an earlier one. */
  Tally minus(Tally earlier) {
    return new Tally(more(rows, earlier.rows), more(in, earlier.in), more(out, earlier.out));
  }

  private static long more(long now, long before) {
    return now == UNKNOWN || before == UNKNOWN ? UNKNOWN : now - before;
  }

  static String text(long number) {
    return number == UNKNOWN ? "–" : String.format(Locale.ROOT, "%,d", number);
  }
}
