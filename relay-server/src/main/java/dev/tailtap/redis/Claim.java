package dev.tailtap.redis;

import java.time.Duration;

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

  private final Kind kind;
  private final boolean hasMean;
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
    /** The moving mean of what calls of this bucket cost. */
    MEAN("m"),
    /** A number that is said with each call. */
    GIVEN("g"),
    NONE("n");

    private final String letter;

    Reserve(String letter) {
      this.letter = letter;
    }
  }

  private Claim(Kind kind, boolean hasMean, String key, byte[] admission, byte[] settling) {
    this.kind = kind;
    this.hasMean = hasMean;
    this.key = Resp.words(PREFIX + key);
    this.admission = admission;
    this.settling = settling;
  }

  /**
   * One request.
   *
   * @param key of the bucket, and of no other, whatever its kind
   * @param limit how many in a window
   * @param burst how many at once, at least 1
   */
  public static Claim requests(String key, long limit, Duration window, long burst) {
    double each = micros(window) / limit;
    return new Claim(
        Kind.REQUESTS,
        false,
        key,
        Resp.words("r", text(each), text(burst * each)),
        rest(each, window));
  }

  /**
   * Tokens, or whatever else is known once the call has ended.
   *
   * @param key of the bucket, and of no other, whatever its kind
   * @param limit how many in a window
   * @param burst how many the bucket holds
   * @param debt how long a bucket may need at most to be full again
   */
  public static Claim tokens(
      String key, long limit, Duration window, long burst, Duration debt, Reserve reserve) {
    double each = micros(window) / limit;
    return new Claim(
        Kind.TOKENS,
        reserve == Reserve.MEAN,
        key,
        Resp.words(reserve.letter, text(each), text(burst * each)),
        rest(each, debt));
  }

  /**
   * A place for a stream, which only its end gives back.
   *
   * @param key of the bucket, and of no other, whatever its kind
   * @param most at the same time
   */
  public static Claim streams(String key, int most) {
    byte[] settling = Resp.words("0", "0");
    return new Claim(
        Kind.STREAMS, false, key, Resp.words("s", Integer.toString(most), "0"), settling);
  }

  public Kind kind() {
    return kind;
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

  private static byte[] rest(double each, Duration debt) {
    return Resp.words(text(each), text(micros(debt)));
  }

  private static double micros(Duration time) {
    return time.toNanos() / 1e3;
  }

  private static String text(double number) {
    return Double.toString(number);
  }
}
