package dev.tailtap.redis;

/**
 * What a call needs of one bucket: a request, tokens, or a place for its stream. One object per
 * bucket, not per call: what goes to the server is in it as bytes. Immutable.
 *
 * <p>The keys of all buckets begin with <code>{tailtap}</code>. That is a hash tag: in a cluster
 * all of them lie in the one slot of that text, so that one command may touch several of them, as a
 * request of one tenant does that falls under a limit of its own and one of all tenants. So a
 * cluster's counters are one of its primaries' work, and more shards make them no faster: the relay
 * asks the node that it is told of and follows no redirection. One server answers some ten
 * thousands of admissions a second.
 */
public final class Claim {
  /** How many there may be in one request. */
  public static final int MOST = 64;

  private static final String PREFIX = "{tailtap}";
  private static final double NANOS_OF_MICRO = 1_000;

  private final Kind kind;
  private final boolean hasMean;
  private final double microsEach; // 1 for streams
  private final byte[] key;
  private final byte[] admission;
  private final byte[] settling;

  /** What it is a claim of. */
  public enum Kind {
    REQUESTS,
    TOKENS,
    STREAMS
  }

  /** What is reserved of tokens, never more than half of what the bucket holds. */
  public enum Reserve {
    /** The moving mean of what calls of this bucket cost; a tenth of it before the first. */
    MEAN("m"),
    /** What is said with each call, or that mean. */
    GIVEN("g"),
    NONE("n");

    private final String letter;

    Reserve(String letter) {
      this.letter = letter;
    }
  }

  private Claim(
      Kind kind,
      boolean hasMean,
      double microsEach,
      String key,
      byte[] admission,
      byte[] settling) {
    this.kind = kind;
    this.hasMean = hasMean;
    this.microsEach = microsEach;
    this.key = Resp.words(PREFIX + key);
    this.admission = admission;
    this.settling = settling;
  }

  /**
   * One request.
   *
   * @param key of the bucket, and of no other, whatever its kind
   * @param nanosEach for how long one is in use
   * @param sizeNanos how much of that time the bucket holds: for one at least
   */
  public static Claim requests(String key, double nanosEach, long sizeNanos) {
    return timed(Kind.REQUESTS, "r", key, nanosEach, sizeNanos, sizeNanos);
  }

  /**
   * Tokens, or whatever else is known once the call has ended.
   *
   * @param key of the bucket, and of no other, whatever its kind
   * @param nanosEach for how long one is in use
   * @param sizeNanos how much of that time the bucket holds
   * @param mostNanos how much can be in use, debts included
   */
  public static Claim tokens(
      String key, double nanosEach, long sizeNanos, long mostNanos, Reserve reserve) {
    return timed(Kind.TOKENS, reserve.letter, key, nanosEach, sizeNanos, mostNanos);
  }

  /**
   * A place for a stream, which only its end gives back.
   *
   * @param key of the bucket, and of no other, whatever its kind
   * @param most at the same time
   */
  public static Claim streams(String key, int most) {
    byte[] admission = Resp.words("s", Integer.toString(most), "0");
    return new Claim(Kind.STREAMS, false, 1, key, admission, Resp.words("0", "0"));
  }

  private static Claim timed(
      Kind kind, String letter, String key, double nanosEach, long sizeNanos, long mostNanos) {
    double each = nanosEach / NANOS_OF_MICRO;
    String size = Double.toString(sizeNanos / NANOS_OF_MICRO);
    String most = Double.toString(mostNanos / NANOS_OF_MICRO);
    String time = Double.toString(each);
    boolean hasMean = letter.equals(Reserve.MEAN.letter) || letter.equals(Reserve.GIVEN.letter);
    return new Claim(
        kind, hasMean, each, key, Resp.words(letter, time, size), Resp.words(time, most));
  }

  public Kind kind() {
    return kind;
  }

  /** For how long one is in use. */
  double microsEach() {
    return microsEach;
  }

  /** Whether its bucket keeps a mean of the costs. */
  boolean hasMean() {
    return hasMean;
  }

  byte[] key() {
    return key;
  }

  /** Three words. */
  byte[] admission() {
    return admission;
  }

  /** Two words, between the kind and the two numbers of an end. */
  byte[] settling() {
    return settling;
  }
}
