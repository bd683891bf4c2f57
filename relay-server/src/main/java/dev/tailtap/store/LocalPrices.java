package dev.tailtap.store;

import dev.tailtap.record.Billed;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * What a call costs by the prices as they were last read, worked out as the view {@code usage_cost}
 * does it for its row. Any thread may ask; one reads.
 */
public final class LocalPrices {
  private static final long UNKNOWN = -1;
  private static final int NANOS = 9;
  private static final int MILLION = 6;
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  /** More names than prices are remembered for would be made up by somebody. */
  private static final int MOST_MODELS = 10_000;

  private static final Comparator<Price> BEST_FIRST =
      Comparator.<Price>comparingInt(price -> -price.key().rank())
          .thenComparing(price -> price.key().upstream().isEmpty())
          .thenComparing(price -> price.key().model().contains("%"))
          .thenComparing(price -> -price.key().model().replace("%", "").length())
          .thenComparing(price -> price.key().tier().equals("*"))
          .thenComparing(price -> price.key().geo().equals("*"))
          .thenComparing(price -> price.key().speed().equals("*"))
          .thenComparing(price -> -step(price));

  private final Database database;
  private volatile Book book = new Book(List.of());

  LocalPrices(Database database) {
    this.database = database;
  }

  /** One reading, and which of its prices may be a model's. */
  private record Book(List<Price> prices, Map<String, List<Price>> byModel) {
    private Book(List<Price> prices) {
      this(prices, new ConcurrentHashMap<>());
    }

    private List<Price> of(String model) {
      List<Price> known = byModel.get(model);
      if (known != null) {
        return known;
      }
      List<Price> found = prices.stream().filter(price -> fits(price, model)).toList();
      if (byModel.size() < MOST_MODELS) {
        byModel.put(model, found);
      }
      return found;
    }
  }

  /** Reads the prices anew; blocks. */
  public void refresh() throws DatabaseAwayException {
    try (Connection connection = database.connectToRead()) {
      Collection<Price> prices = PriceBook.read(connection).values();
      book = new Book(prices.stream().sorted(BEST_FIRST).toList());
      connection.rollback();
    } catch (SQLException failure) {
      throw new DatabaseAwayException(failure);
    }
  }

  /**
   * What a call cost.
   *
   * @param currency by ISO 4217
   * @return in billionths of it; below 0: it has no price in it, or nothing is known to be used
   */
  public long nanos(UsageRecord call, String currency) {
    UsageReading usage = call.usage();
    Billed billed = usage.billed();
    if (billed.providerCost() != null) {
      String stated = billed.providerCurrency() == null ? "USD" : billed.providerCurrency();
      return stated.equals(currency) ? nanos(billed.providerCost()) : UNKNOWN;
    }
    if (!PriceGroup.isPriced(usage)) {
      return UNKNOWN;
    }
    if (PriceGroup.isTotalAlone(usage)) {
      return usage.tokens().total() > 0 ? UNKNOWN : 0;
    }
    Price price = price(call);
    if (price != null && !price.currency().equals(currency)) {
      return UNKNOWN;
    }
    BigDecimal cost = cost(usage, price);
    return cost == null ? UNKNOWN : nanos(cost);
  }

  private static long nanos(BigDecimal cost) {
    return cost.movePointRight(NANOS).setScale(0, RoundingMode.HALF_UP).min(MOST).longValue();
  }

  /** Null: something was used that has no price. */
  private static BigDecimal cost(UsageReading usage, Price price) {
    BigDecimal sum = BigDecimal.ZERO;
    for (PricedPart part : PricedPart.values()) {
      long count = part.of(usage);
      BigDecimal each = count == 0 || price == null ? null : of(price, part.column());
      if (count > 0 && each == null) {
        return null;
      }
      if (count > 0) {
        sum = sum.add(each.multiply(BigDecimal.valueOf(count)).movePointLeft(MILLION));
      }
    }
    Map<String, BigDecimal> prices = price == null ? Map.of() : price.units();
    for (Map.Entry<String, BigDecimal> unit : new Units().of(usage.billed().units()).entrySet()) {
      BigDecimal each = prices.get(unit.getKey());
      if (unit.getValue().signum() > 0 && each == null) {
        return null;
      }
      if (unit.getValue().signum() > 0) {
        sum = sum.add(each.multiply(unit.getValue()));
      }
    }
    return sum.add(prices.getOrDefault("calls", BigDecimal.ZERO));
  }

  private static BigDecimal of(Price price, String kind) {
    BigDecimal own = price.amounts().get(kind);
    return own == null && kind.equals("reasoning") ? price.amounts().get("output") : own;
  }

  /** The best that holds; null: there is none. */
  private Price price(UsageRecord call) {
    HourGroup names = HourGroup.of(call);
    Billed billed = call.usage().billed();
    Long prompt = call.usage().tokens().prompt();
    long size = prompt == null ? 0 : Math.max(0, prompt);
    for (Price price : book.of(names.model().toLowerCase(Locale.ROOT))) {
      Price.Key key = price.key();
      boolean holds =
          (price.from() == null || !call.startedAt().isBefore(price.from()))
              && (price.to() == null || call.startedAt().isBefore(price.to()));
      if (holds
          && (key.upstream().isEmpty() || key.upstream().equals(names.upstream()))
          && isMode(key.tier(), billed.serviceTier())
          && isMode(key.geo(), billed.geo())
          && isMode(key.speed(), billed.speed())
          && step(price) <= size) {
        return price;
      }
    }
    return null;
  }

  private static boolean isMode(String wanted, String said) {
    return wanted.equals("*") || wanted.equals(PriceGroup.mode(said));
  }

  /** The smallest prompt that it holds for. */
  private static long step(Price price) {
    return price.key().over() + (price.key().inclusive() ? 0 : 1);
  }

  /** As LIKE has it, but that a backslash is one. */
  private static boolean fits(Price price, String model) {
    String pattern = price.key().model();
    if (!pattern.contains("%")) {
      return pattern.equals(model);
    }
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      regex.append(c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(model).matches();
  }
}
