package dev.tailtap.prices;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/**
 * A CSV of prices, and what calls cost by it: worked out from docs/PRICES.md alone, with nothing of
 * what the relay has for it. Its cells are plain: no quotes, dates without a time.
 */
public final class PriceTable {
  /**
   * What a call costs.
   *
   * @param priced as in {@code usage_cost}; null: no usage is known
   * @param amount null: it has no price
   * @param row of the price that holds, from 0; -1: none
   */
  public record Cost(String priced, BigDecimal amount, String currency, int row) {
    /** Another row has it. */
    public static final Cost REPEATED = new Cost("repeated", null, null, -1);

    private static final Cost UNKNOWN = new Cost(null, null, null, -1);

    /** Whether both are the same amount, whatever their scales. */
    public boolean is(String otherPriced, BigDecimal other, String otherCurrency) {
      boolean same = amount == null ? other == null : other != null && amount.compareTo(other) == 0;
      return same
          && String.valueOf(priced).equals(String.valueOf(otherPriced))
          && (amount == null || currency.equals(otherCurrency));
    }
  }

  private static final Set<String> NAMES =
      Set.of(
          "rank",
          "model",
          "upstream",
          "tier",
          "geo",
          "speed",
          "over",
          "inclusive",
          "from",
          "to",
          "currency",
          "source");
  private static final String UNIT = "unit.";
  private static final String OWN_RANK = "100";
  private static final int PER_MILLION = 6;

  /** The one that fits best is the greatest. */
  private static final Comparator<Map<String, String>> FIT =
      Comparator.comparingInt((Map<String, String> price) -> number(price, "rank", OWN_RANK))
          .thenComparingInt(is(price -> !cell(price, "upstream").isEmpty()))
          .thenComparingInt(is(price -> !price.get("model").contains("%")))
          .thenComparingInt(price -> price.get("model").replace("%", "").length())
          .thenComparingInt(is(price -> !cell(price, "tier").equals("*")))
          .thenComparingInt(is(price -> !cell(price, "geo").equals("*")))
          .thenComparingInt(is(price -> !cell(price, "speed").equals("*")))
          .thenComparingInt(PriceTable::step);

  private final List<Map<String, String>> prices;

  private PriceTable(List<Map<String, String>> prices) {
    this.prices = prices;
  }

  public static PriceTable read(String csv) {
    List<String> lines = csv.lines().toList();
    String[] header = lines.get(0).split(",", -1);
    List<Map<String, String>> prices = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      Map<String, String> price = new HashMap<>();
      for (int i = 0; i < header.length; i++) {
        if (!cells[i].isEmpty()) {
          price.put(header[i], cells[i]);
        }
      }
      prices.add(price);
    }
    return new PriceTable(prices);
  }

  public int size() {
    return prices.size();
  }

  /** The cells of a row that are amounts, by their columns. */
  public Map<String, String> amounts(int row) {
    Map<String, String> amounts = new HashMap<>(prices.get(row));
    amounts.keySet().removeAll(NAMES);
    return amounts;
  }

  /** Whether a row is there to lose against another wherever it fits. */
  public boolean loses(int row) {
    return cell(prices.get(row), "source").equals("loses");
  }

  /** The same with another amount in one cell. */
  public PriceTable with(int row, String column, String amount) {
    List<Map<String, String>> others = new ArrayList<>(prices);
    Map<String, String> other = new HashMap<>(prices.get(row));
    other.put(column, amount);
    others.set(row, other);
    return new PriceTable(others);
  }

  /** What a row is the price of. */
  public String name(int row) {
    Map<String, String> names = new TreeMap<>(prices.get(row));
    names.keySet().retainAll(NAMES);
    return names.toString();
  }

  /** The smallest prompt that a row is for. */
  public int step(int row) {
    return step(prices.get(row));
  }

  /**
   * What a call costs.
   *
   * @param said what its answer says, by the names of {@link RecordedCall#said}
   */
  public Cost cost(String upstream, Map<String, String> said, Instant at) {
    Map<String, BigDecimal> used = RecordedCall.used(said);
    if (said.containsKey("stated")) {
      return new Cost("stated", new BigDecimal(said.get("stated")), "USD", -1);
    }
    if (used.isEmpty()) {
      return Cost.UNKNOWN;
    }
    int row = best(upstream, said, at);
    Map<String, String> price = row < 0 ? Map.of() : prices.get(row);
    BigDecimal amount = used.keySet().equals(Set.of("total")) ? null : amount(used, price);
    return amount == null
        ? new Cost("unpriced", null, null, row)
        : new Cost("listed", amount, price.getOrDefault("currency", "USD"), row);
  }

  private int best(String upstream, Map<String, String> said, Instant at) {
    int best = -1;
    for (int row = 0; row < prices.size(); row++) {
      Map<String, String> price = prices.get(row);
      if (fits(price, upstream, said, at)
          && (best < 0 || FIT.compare(price, prices.get(best)) > 0)) {
        best = row;
      }
    }
    return best;
  }

  private static boolean fits(
      Map<String, String> price, String upstream, Map<String, String> said, Instant at) {
    boolean named = cell(price, "upstream").isEmpty() || price.get("upstream").equals(upstream);
    if (!named || !likes(price.get("model"), said.getOrDefault("model", ""))) {
      return false;
    }
    for (String mode : List.of("tier", "geo", "speed")) {
      if (!cell(price, mode).equals("*")
          && !cell(price, mode).equals(said.getOrDefault(mode, ""))) {
        return false;
      }
    }
    long prompt = Long.parseLong(said.getOrDefault("prompt", "-1"));
    boolean large = step(price) <= 0 || prompt >= step(price);
    return large
        && (!price.containsKey("from") || !at.isBefore(midnight(price.get("from"))))
        && (!price.containsKey("to") || at.isBefore(midnight(price.get("to"))));
  }

  private static boolean likes(String pattern, String model) {
    String regex = Pattern.quote(pattern).replace("%", "\\E.*\\Q");
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE).matcher(model).matches();
  }

  /** Null: something was used that has no price. */
  private static BigDecimal amount(Map<String, BigDecimal> used, Map<String, String> price) {
    Map<String, BigDecimal> parts = parts(used);
    BigDecimal tokens = BigDecimal.ZERO;
    for (Map.Entry<String, BigDecimal> part : parts.entrySet()) {
      if (part.getValue().signum() > 0) {
        String kind = part.getKey();
        String each =
            kind.equals("reasoning")
                ? price.getOrDefault(kind, price.get("output"))
                : price.get(kind);
        if (each == null) {
          return null;
        }
        tokens = tokens.add(part.getValue().multiply(new BigDecimal(each)));
      }
    }
    BigDecimal sum = tokens.movePointLeft(PER_MILLION);
    for (Map.Entry<String, BigDecimal> unit : used.entrySet()) {
      if (!RecordedCall.TOKENS.contains(unit.getKey()) && unit.getValue().signum() > 0) {
        String each = price.get(UNIT + unit.getKey());
        if (each == null) {
          return null;
        }
        sum = sum.add(unit.getValue().multiply(new BigDecimal(each)));
      }
    }
    return sum.add(new BigDecimal(price.getOrDefault(UNIT + "calls", "0")));
  }

  /** The formula, by the columns of prices: each token in one part. */
  private static Map<String, BigDecimal> parts(Map<String, BigDecimal> used) {
    Map<String, BigDecimal> parts = new HashMap<>();
    parts.put("input", rest(used, "prompt", "cached", "write", "audio_in", "image_in"));
    parts.put("cache_read", rest(used, "cached"));
    parts.put("cache_write", rest(used, "write", "write_1h"));
    parts.put("cache_write_1h", rest(used, "write_1h"));
    parts.put("audio_in", rest(used, "audio_in"));
    parts.put("image_in", rest(used, "image_in"));
    parts.put("output", rest(used, "completion", "reasoning", "audio_out", "image_out"));
    parts.put("reasoning", rest(used, "reasoning"));
    parts.put("audio_out", rest(used, "audio_out"));
    parts.put("image_out", rest(used, "image_out"));
    return parts;
  }

  private static BigDecimal rest(Map<String, BigDecimal> used, String whole, String... without) {
    BigDecimal rest = used.getOrDefault(whole, BigDecimal.ZERO);
    for (String part : without) {
      rest = rest.subtract(used.getOrDefault(part, BigDecimal.ZERO));
    }
    return rest.max(BigDecimal.ZERO);
  }

  /** The smallest prompt that it holds for; 0: all, also a prompt of which nothing is known. */
  private static int step(Map<String, String> price) {
    boolean inclusive = cell(price, "inclusive").equals("true");
    return number(price, "over", "-1") + (inclusive ? 0 : 1);
  }

  private static Instant midnight(String date) {
    return LocalDate.parse(date).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static int number(Map<String, String> price, String column, String otherwise) {
    return Integer.parseInt(price.getOrDefault(column, otherwise));
  }

  private static String cell(Map<String, String> price, String column) {
    return price.getOrDefault(column, "");
  }

  private static ToIntFunction<Map<String, String>> is(Predicate<Map<String, String>> what) {
    return price -> what.test(price) ? 1 : 0;
  }
}
