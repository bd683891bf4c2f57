package dev.tailtap.config;

import static dev.tailtap.config.ValueType.count;
import static dev.tailtap.config.ValueType.oneOf;
import static dev.tailtap.config.ValueType.open;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One limit: for whose calls it is, what they have a bucket of in common, and how much that holds.
 *
 * @param per what tells one bucket from another; empty: all calls share one
 * @param requests null: as many as come
 * @param requestsBurst how many may come at once; 0: a tenth of the rate, at least 1
 * @param tokens null: as many as are used
 * @param tokensBurst how many may be used at once; 0: a tenth of the rate
 * @param unit what is counted of a call for {@code tokens}
 * @param streams calls under way; 0: as many as come
 * @param budget null: none
 * @param onBudget what becomes of a call beyond the budget
 * @param mode what becomes of a call beyond one of the others
 * @param reserve how much of {@code tokens} a call takes before it is known what it uses
 * @param maxDebt how many windows of {@code tokens} a bucket can owe
 */
public record LimitConfig(
    String name,
    Match match,
    Set<Facet> per,
    Rate requests,
    int requestsBurst,
    Rate tokens,
    long tokensBurst,
    Unit unit,
    int streams,
    Budget budget,
    Mode onBudget,
    Mode mode,
    Reserve reserve,
    int maxDebt) {
  private static final int MOST = 1_000_000_000;

  public static final Setting<Match> MATCH =
      Setting.of(
          "limit.NAME.match",
          open(
              "empty, named, or some of tenant:GLOB key:GLOB model:GLOB upstream:GLOB route:GLOB",
              Match::read),
          "",
          "Whose calls: of each kind one glob must match; named: whose key names it; empty: all");
  public static final Setting<Set<Facet>> PER =
      Setting.of(
          "limit.NAME.per",
          open("all, or some of tenant key model upstream route, with commas", Facet::readAll),
          "all",
          "What has a bucket of its own; all: one bucket for all");
  public static final Setting<Rate> REQUESTS =
      Setting.of("limit.NAME.requests", Rate.TYPE, "", "How many calls may begin in a time");
  public static final Setting<Integer> REQUESTS_BURST =
      Setting.of(
          "limit.NAME.requests-burst",
          count(0, MOST),
          "0",
          "How many of them may begin at once; 0: a tenth, at least one");
  public static final Setting<Rate> TOKENS =
      Setting.of("limit.NAME.tokens", Rate.TYPE, "", "How much calls may use in a time, by unit");
  public static final Setting<Long> TOKENS_BURST =
      Setting.of(
          "limit.NAME.tokens-burst",
          open("a whole number, as in 4000, 20k or 2M", Rate::whole),
          "0",
          "How much of it may be used at once; 0: a tenth");
  static final Setting<Unit> UNIT =
      Setting.of(
          "limit.NAME.unit", oneOf(Unit.class), "total", "What counts; money: US dollars by price");
  public static final Setting<Integer> STREAMS =
      Setting.of(
          "limit.NAME.streams", count(0, 1_000_000), "0", "Calls at the same time; 0: no limit");
  public static final Setting<Budget> BUDGET =
      Setting.of(
          "limit.NAME.budget",
          open("empty, or as in 50M tokens/day, 1000 USD/month or 20 EUR/week", Budget::read),
          "",
          "How much may be used in a day, a week or a month, by the sums in the database");
  static final Setting<Mode> ON_BUDGET =
      Setting.of(
          "limit.NAME.on-budget",
          oneOf(Mode.class),
          "refuse",
          "What becomes of calls beyond the budget; warn: they are counted, and told by a field");
  static final Setting<Mode> MODE =
      Setting.of(
          "limit.NAME.mode",
          oneOf(Mode.class),
          "refuse",
          "What becomes of calls beyond the other limits; warn: for a trial");
  static final Setting<Reserve> RESERVE =
      Setting.of(
          "limit.NAME.reserve",
          oneOf(Reserve.class),
          "mean",
          "What a call takes of tokens until its own are known, never more than half a burst");
  static final Setting<Integer> MAX_DEBT =
      Setting.of(
          "limit.NAME.max-debt",
          count(1, 100_000),
          "60",
          "How many times the rate's time a bucket can be in debt for tokens");

  static LimitConfig of(Settings settings, String name) {
    return new LimitConfig(
        name,
        settings.get(MATCH, name),
        settings.get(PER, name),
        settings.get(REQUESTS, name),
        settings.get(REQUESTS_BURST, name),
        settings.get(TOKENS, name),
        settings.get(TOKENS_BURST, name),
        settings.get(UNIT, name),
        settings.get(STREAMS, name),
        settings.get(BUDGET, name),
        settings.get(ON_BUDGET, name),
        settings.get(MODE, name),
        settings.get(RESERVE, name),
        settings.get(MAX_DEBT, name));
  }

  /** By what calls are told from each other. */
  public enum Facet {
    TENANT,
    KEY,
    MODEL,
    UPSTREAM,
    ROUTE;

    /** As it stands in a file. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    private static Facet of(String word) {
      for (Facet facet : values()) {
        if (facet.word().equals(word)) {
          return facet;
        }
      }
      throw new IllegalArgumentException();
    }

    private static Set<Facet> readAll(String text) {
      Set<Facet> some = EnumSet.noneOf(Facet.class);
      if (!text.equals("all")) {
        ValueType.items(text).forEach(word -> some.add(of(word)));
        ValueType.demand(!some.isEmpty());
      }
      return Collections.unmodifiableSet(some);
    }
  }

  /** What of a call is counted for {@code tokens}. */
  public enum Unit {
    TOTAL,
    INPUT,
    OUTPUT,
    MONEY
  }

  /** What becomes of a call that is beyond a limit. */
  public enum Mode {
    REFUSE,
    WARN
  }

  /** What is taken before it is known. */
  public enum Reserve {
    /** What the bucket's calls cost of late. */
    MEAN,
    NONE,
    /** What the body says that the answer may have. */
    MAX_TOKENS
  }

  /**
   * Whose calls a limit is for.
   *
   * @param named only those whose key names the limit
   * @param globs one of each kind must match
   */
  public record Match(boolean named, Map<Facet, List<String>> globs) {
    private static final Pattern WRITTEN = Pattern.compile("([a-z]+):(\\S{1,256})");

    private static Match read(String text) {
      if (text.equals("named")) {
        return new Match(true, Map.of());
      }
      Map<Facet, List<String>> globs = new EnumMap<>(Facet.class);
      for (String item : ValueType.items(text)) {
        Matcher written = ValueType.matching(WRITTEN, item);
        globs.merge(Facet.of(written.group(1)), List.of(written.group(2)), Match::both);
      }
      return new Match(false, Collections.unmodifiableMap(globs));
    }

    private static List<String> both(List<String> some, List<String> more) {
      return java.util.stream.Stream.concat(some.stream(), more.stream()).toList();
    }
  }

  /** So much in a time. */
  public record Rate(BigDecimal amount, Duration window) {
    private static final String NUMBER = "(\\d{1,12}(?:\\.\\d{1,6})?)([kMG]?)";
    private static final Pattern WRITTEN = Pattern.compile(NUMBER + "/([smhd])");
    private static final Pattern WHOLE = Pattern.compile("(\\d{1,12})([kMG]?)");
    private static final ValueType<Rate> TYPE =
        open("empty, or an amount and a time, as in 10/s, 600/m, 2M/m or 50M/d", Rate::read);

    private static Rate read(String text) {
      if (text.isEmpty()) {
        return null;
      }
      Matcher written = ValueType.matching(WRITTEN, text);
      BigDecimal amount = amount(written);
      ValueType.demand(amount.signum() > 0);
      return new Rate(
          amount,
          switch (written.group(3)) {
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> Duration.ofDays(1);
          });
    }

    private static long whole(String text) {
      return amount(ValueType.matching(WHOLE, text)).longValueExact();
    }

    private static BigDecimal amount(Matcher written) {
      int zeros =
          switch (written.group(2)) {
            case "k" -> 3;
            case "M" -> 6;
            case "G" -> 9;
            default -> 0;
          };
      return new BigDecimal(written.group(1)).scaleByPowerOfTen(zeros).stripTrailingZeros();
    }
  }

  /**
   * So much in a period of the calendar.
   *
   * @param currency by ISO 4217; null: tokens
   */
  public record Budget(BigDecimal amount, String currency, Period period) {
    private static final BigDecimal MOST = BigDecimal.valueOf(9_000_000_000L);
    private static final Pattern WRITTEN =
        Pattern.compile(Rate.NUMBER + " +(tokens|[A-Z]{3})/(day|week|month)");

    private static Budget read(String text) {
      if (text.isEmpty()) {
        return null;
      }
      Matcher written = ValueType.matching(WRITTEN, text);
      BigDecimal amount = Rate.amount(written);
      boolean tokens = written.group(3).equals("tokens");
      ValueType.demand(tokens ? amount.scale() <= 0 : amount.compareTo(MOST) <= 0);
      Period period = Period.valueOf(written.group(4).toUpperCase(Locale.ROOT));
      return new Budget(amount, tokens ? null : written.group(3), period);
    }
  }

  /** Of the calendar; a week begins on Monday (ISO 8601). */
  public enum Period {
    DAY,
    WEEK,
    MONTH
  }
}
