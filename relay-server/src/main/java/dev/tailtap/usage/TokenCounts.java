package dev.tailtap.usage;

/**
 * The numbers of one or several usage objects, by what they mean. What is not a whole number that
 * fits a long is not a count. A zero under one name never stands against a number under another of
 * the same meaning: servers fill a set of names that they do not use with zeros. Confined to one
 * event loop.
 */
final class TokenCounts {
  /** Stands for a count that is not known; no count is negative. */
  static final long UNKNOWN = -1;

  private static final int ALL = TokenKind.values().length;

  /** What Anthropic's frames say of what went in. */
  private static final TokenKind[] INPUTS = {
    TokenKind.INPUT_BESIDE_CACHE,
    TokenKind.CACHE_READ,
    TokenKind.CACHE_WRITE,
    TokenKind.CACHE_WRITE_1H
  };

  private final long[] numbers = new long[ALL];
  private final byte[] ranks = new byte[ALL]; // of the name that gave the number; 0: none did
  private boolean unreadable;
  private boolean broken;
  private boolean ofSteps;
  private String answeredBy;

  /** Adds an object's numbers; where a name was known already the new number counts. */
  void override(TokenCounts later) {
    merge(later, Merging.LAST);
  }

  /** Adds an object's numbers; where a name was known already the larger number counts. */
  void raise(TokenCounts later) {
    merge(later, Merging.LARGEST);
  }

  /** Adds an object's numbers; where a name was known already both make the new number. */
  void addAll(TokenCounts other) {
    merge(other, Merging.SUM);
  }

  /**
   * Overrides with a later frame of the same message. Of what went in it may say 0 where its sender
   * takes it to be about the output alone, and the sum of all where it takes its own frame to need
   * no others: both repeat, and say nothing new. Its own steps are to be believed.
   */
  void follow(TokenCounts delta) {
    boolean said = delta.ofSteps || (delta.movesInput(this) && !delta.repeatsSumOf(this));
    long[] before = said ? null : numbers.clone();
    override(delta);
    if (said) {
      return;
    }
    for (TokenKind input : INPUTS) {
      int i = input.index();
      if (before[i] > 0) {
        numbers[i] = before[i];
      }
    }
  }

  /** Takes the other's number where none is known. */
  void fill(TokenCounts other) {
    unreadable |= other.unreadable;
    for (int i = 0; i < ALL; i++) {
      if (ranks[i] == 0) {
        numbers[i] = other.numbers[i];
        ranks[i] = other.ranks[i];
      }
    }
  }

  /**
   * These counts with the metrics that Bedrock adds to any model's own. What went in without caches
   * and what came out are as Bedrock counts them, the parts, of which the metrics may know nothing,
   * as the model does.
   */
  TokenCounts underMetrics(TokenCounts metrics) {
    TokenCounts both = new TokenCounts();
    for (int i = 0; i < ALL; i++) {
      if (metrics.ranks[i] != 0 && metrics.numbers[i] > 0) {
        both.put(i, metrics.ranks[i], metrics.numbers[i], Merging.LAST);
      }
    }
    boolean input = both.get(TokenKind.INPUT_BESIDE_CACHE) != UNKNOWN;
    boolean output = both.get(TokenKind.OUTPUT) != UNKNOWN;
    both.fill(this);
    if (input) {
      both.ranks[TokenKind.INPUT.index()] = 0;
    }
    if (input || output) {
      both.ranks[TokenKind.TOTAL.index()] = 0;
    }
    both.broken = broken;
    both.ofSteps = ofSteps;
    both.answeredBy = answeredBy;
    return both;
  }

  /** The number by the first of its names that has one, or {@link #UNKNOWN}. */
  long get(TokenKind count) {
    int i = count.index();
    return ranks[i] == 0 ? UNKNOWN : numbers[i];
  }

  /** The number, if it is above zero; else 0. */
  long known(TokenKind count) {
    return Math.max(get(count), 0);
  }

  /** Whether the number came by the first of the names for it. */
  boolean isByFirstName(TokenKind count) {
    return ranks[count.index()] == 1;
  }

  boolean isAboveZero() {
    for (int i = 0; i < ALL; i++) {
      if (ranks[i] != 0 && numbers[i] > 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether an object was no JSON, or a count in it no number of tokens. */
  boolean isUnreadable() {
    return unreadable;
  }

  /** Whether the object was no JSON. */
  boolean isBroken() {
    return broken;
  }

  void setBroken() {
    broken = true;
    unreadable = true;
  }

  void setUnreadable() {
    unreadable = true;
  }

  /** The numbers are sums over the steps of a request. */
  void setOfSteps() {
    ofSteps = true;
  }

  /** The model that answered in the end, where the steps say so; null: nothing does. */
  String answeredBy() {
    return answeredBy;
  }

  void setAnsweredBy(String model) {
    answeredBy = model;
  }

  /** Adds a number under its name in a usage object; a name that means nothing adds none. */
  void put(String name, long number) {
    put(TokenNames.inUsage().meaning(name), number);
  }

  /**
   * Sets a number.
   *
   * @param meaning null: of no interest
   */
  void put(TokenNames.Meaning meaning, long number) {
    put(meaning, number, Merging.LAST);
  }

  /** The same, but adds to what is known under that name. */
  void add(TokenNames.Meaning meaning, long number) {
    put(meaning, number, Merging.SUM);
  }

  private boolean movesInput(TokenCounts before) {
    for (TokenKind input : INPUTS) {
      if (known(input) > 0 && known(input) != before.get(input)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether its input is that of before with both cache counts, which did not move, added to it.
   */
  private boolean repeatsSumOf(TokenCounts before) {
    long cache = before.known(TokenKind.CACHE_READ) + before.known(TokenKind.CACHE_WRITE);
    boolean same =
        isAsBefore(TokenKind.CACHE_READ, before) && isAsBefore(TokenKind.CACHE_WRITE, before);
    long input = before.known(TokenKind.INPUT_BESIDE_CACHE);
    return cache > 0 && same && get(TokenKind.INPUT_BESIDE_CACHE) == input + cache;
  }

  private boolean isAsBefore(TokenKind count, TokenCounts before) {
    return get(count) == UNKNOWN || known(count) == before.known(count);
  }

  private void merge(TokenCounts later, Merging merging) {
    unreadable |= later.unreadable;
    ofSteps |= later.ofSteps;
    answeredBy = later.answeredBy == null ? answeredBy : later.answeredBy;
    for (int i = 0; i < ALL; i++) {
      if (later.ranks[i] != 0) {
        put(i, later.ranks[i], later.numbers[i], merging);
      }
    }
  }

  private void put(TokenNames.Meaning meaning, long number, Merging merging) {
    if (meaning != null) {
      put(meaning.count().index(), (byte) (meaning.rank() + 1), number, merging);
    }
  }

  private void put(int i, byte rank, long number, Merging merging) {
    if (ranks[i] == rank) {
      numbers[i] = merging.of(numbers[i], number);
      return;
    }
    boolean silent = ranks[i] == 0 || numbers[i] == 0;
    boolean better = ranks[i] == 0 || rank < ranks[i];
    if (ranks[i] == 0 || (better ? silent || number > 0 : silent && number > 0)) {
      numbers[i] = number;
      ranks[i] = rank;
    }
  }

  /** What becomes of two numbers under one name. */
  private enum Merging {
    LAST,
    LARGEST,
    SUM;

    long of(long known, long later) {
      return switch (this) {
        case LAST -> later;
        case LARGEST -> Math.max(known, later);
        case SUM -> known + later;
      };
    }
  }

  /**
   * Whether a usage object's text has a count above zero: an integer whose key ends in {@code
   * okens} or {@code ount}, or is llama.cpp's. Looked at as the events pass, so without parsing and
   * allocation.
   */
  static boolean anyAboveZero(Bytes usage) {
    return anyAboveZero(usage.array(), 0, usage.length());
  }

  /** Whether a text that holds a usage object has a count above zero in it. */
  static boolean anyAboveZero(byte[] text, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (text[i] == ':' && endsLikeACount(text, i) && startsAboveZero(text, i + 1, to)) {
        return true;
      }
    }
    return false;
  }

  private static boolean endsLikeACount(byte[] text, int colon) {
    int i = colon - 1;
    while (i > 0 && text[i] <= ' ') {
      i--;
    }
    if (i <= 6 || text[i] != '"') {
      return false;
    }
    return switch (text[i - 1]) {
      case 's' -> ends(text, i, "okens");
      case 't' -> ends(text, i, "ount");
      case 'd' -> ends(text, i, "icted") || ends(text, i, "uated");
      default -> false;
    };
  }

  private static boolean ends(byte[] text, int end, String tail) {
    int start = end - tail.length();
    for (int i = 0; i < tail.length(); i++) {
      if (text[start + i] != tail.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean startsAboveZero(byte[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] <= ' ') {
      i++;
    }
    return i < to && text[i] >= '1' && text[i] <= '9';
  }
}
