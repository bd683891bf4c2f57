package dev.tailtap.store;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;

/**
 * One row of {@code model_price}, as it is to be or is.
 *
 * @param key of what
 * @param from the first hour that it holds for; null: since ever
 * @param to the first hour that it holds for no more; null: until further notice
 * @param currency by ISO 4217
 * @param amounts per million tokens, by the names in {@link #KINDS}
 * @param units per piece, by the names of units
 * @param source which list says so
 */
public record Price(
    Key key,
    Instant from,
    Instant to,
    String currency,
    SortedMap<String, BigDecimal> amounts,
    SortedMap<String, BigDecimal> units,
    String source) {

  /** The kinds of counts that have a price, as columns of {@code model_price}. */
  public static final List<String> KINDS =
      List.of(
          "input",
          "output",
          "cache_read",
          "cache_write",
          "cache_write_1h",
          "reasoning",
          "audio_in",
          "audio_out",
          "image_in",
          "image_out");

  /** The sizes of a prompt at which a price may change: those of {@code tailtap_band}. */
  public static final List<Long> STEPS =
      List.of(
          8_192L,
          16_000L,
          16_384L,
          32_000L,
          32_768L,
          64_000L,
          65_536L,
          100_000L,
          128_000L,
          131_072L,
          200_000L,
          256_000L,
          262_144L,
          272_000L,
          400_000L,
          500_000L,
          512_000L,
          524_288L,
          1_000_000L,
          1_048_576L,
          2_000_000L);

  /**
   * What a price is for. Two prices with one key never hold at one time.
   *
   * @param rank the higher goes before the lower: {@link #LIST}, {@link #OWN}
   * @param upstream empty: any
   * @param model an id in lower case, or with % a LIKE pattern
   * @param tier empty: the usual one; *: any; likewise geo and speed
   * @param over holds for prompts of more tokens; -1: for all
   * @param inclusive or of as many
   */
  public record Key(
      int rank,
      String upstream,
      String model,
      String tier,
      String geo,
      String speed,
      long over,
      boolean inclusive) {
    /** The rank of public lists. */
    public static final int LIST = 0;

    /** The rank of what somebody has agreed upon. */
    public static final int OWN = 100;

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(upstream.isEmpty() ? "*" : upstream).append(' ');
      text.append(model);
      named(text, "tier", tier);
      named(text, "geo", geo);
      named(text, "speed", speed);
      if (over >= 0) {
        text.append(inclusive ? " from " : " over ").append(over);
      }
      return rank == LIST ? text.toString() : text.append(" rank ").append(rank).toString();
    }

    private static void named(StringBuilder text, String name, String value) {
      if (!value.isEmpty()) {
        text.append(' ').append(name).append('=').append(value);
      }
    }
  }

  /** The same price at another time. */
  public Price during(Instant first, Instant end) {
    return new Price(key, first, end, currency, amounts, units, source);
  }

  /** Whether both say the same of what something costs. */
  public boolean costsAs(Price other) {
    return currency.equals(other.currency)
        && same(amounts, other.amounts)
        && same(units, other.units);
  }

  /** Whether both hold at some time. */
  public boolean overlaps(Price other) {
    return before(from, other.to) && before(other.from, to);
  }

  private static boolean before(Instant first, Instant end) {
    return first == null || end == null || first.isBefore(end);
  }

  private static boolean same(
      SortedMap<String, BigDecimal> some, SortedMap<String, BigDecimal> others) {
    return some.keySet().equals(others.keySet())
        && some.keySet().stream().allMatch(name -> some.get(name).compareTo(others.get(name)) == 0);
  }
}
