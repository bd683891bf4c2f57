package dev.tailtap.prices;

import dev.tailtap.store.Price;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the JSON of genai-prices, version 2: providers with models, their prices by date, steps of
 * the prompt and variants by tier. Only providers that stand behind an upstream are taken.
 *
 * @see <a href="https://github.com/pydantic/genai-prices">genai-prices</a>
 */
final class GenaiPrices {
  private static final Map<String, String> TOKENS =
      Map.ofEntries(
          Map.entry("input_mtok", "input"),
          Map.entry("output_mtok", "output"),
          Map.entry("cache_read_mtok", "cache_read"),
          Map.entry("cache_write_mtok", "cache_write"),
          Map.entry("cache_write_5m_mtok", "cache_write"),
          Map.entry("cache_write_1h_mtok", "cache_write_1h"),
          Map.entry("output_reasoning_mtok", "reasoning"),
          Map.entry("input_audio_mtok", "audio_in"),
          Map.entry("output_audio_mtok", "audio_out"),
          Map.entry("input_image_mtok", "image_in"),
          Map.entry("output_image_mtok", "image_out"));

  /** By the unit and how many of it the list prices at once. */
  private static final Map<String, Map.Entry<String, Integer>> UNITS =
      Map.of(
          "web_searches_kcount", Map.entry("web_searches", 1_000),
          "requests_kcount", Map.entry("calls", 1_000),
          "input_document_kpages", Map.entry("pages", 1_000),
          "input_mchars", Map.entry("characters", 1_000_000),
          "audio_hours", Map.entry("seconds", 3_600),
          "input_audio_hours", Map.entry("seconds", 3_600));

  private static final Map<String, String> WIDER =
      Map.of(
          "audio_in", "input",
          "image_in", "input",
          "cache_read", "input",
          "cache_write", "input",
          "audio_out", "output",
          "image_out", "output");

  private final PriceList list;
  private final Upstreams upstreams;

  GenaiPrices(PriceList list, Upstreams upstreams) {
    this.list = list;
    this.upstreams = upstreams;
  }

  /** Reads the providers; the parser stands at the beginning of their array. */
  void read(JsonParser json) {
    Map<String, List<?>> models = new LinkedHashMap<>();
    Map<String, List<String>> behind = new LinkedHashMap<>();
    Map<String, List<?>> fallbacks = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.START_OBJECT) {
      Map<?, ?> provider = JsonTree.object(JsonTree.read(json));
      String id = String.valueOf(provider.get("id"));
      models.put(id, JsonTree.list(provider.get("models")));
      behind.put(id, upstreams.of(id, at(id, provider.get("api_pattern"))));
      fallbacks.put(id, JsonTree.list(provider.get("fallback_model_providers")));
    }
    behind.forEach(
        (provider, names) -> {
          for (String upstream : names) {
            Set<String> seen = new HashSet<>();
            models.get(provider).forEach(model -> model(upstream, JsonTree.object(model), seen));
            for (Object other : fallbacks.get(provider)) {
              models
                  .getOrDefault(String.valueOf(other), List.of())
                  .forEach(model -> model(upstream, JsonTree.object(model), seen));
            }
          }
        });
  }

  private Predicate<String> at(String provider, Object pattern) {
    if (!(pattern instanceof String text)) {
      return url -> false;
    }
    try {
      Pattern compiled = Pattern.compile(text);
      return url -> compiled.matcher(url + "/").lookingAt();
    } catch (PatternSyntaxException bad) {
      list.mistake(provider + ": api_pattern is no regular expression");
      return url -> false;
    }
  }

  /** A pattern that an earlier model of the provider has is that model's. */
  private void model(String upstream, Map<?, ?> model, Set<String> seen) {
    List<String> patterns = new ArrayList<>();
    ModelPatterns.of(model.get("match"), patterns, list);
    patterns.removeIf(pattern -> !seen.add(pattern));
    List<Dated> base = dated(model, model.get("prices"), Map.of());
    if (patterns.isEmpty() || base == null) {
      return;
    }
    Map<Map<?, ?>, List<Dated>> variants = new LinkedHashMap<>();
    for (Object each : JsonTree.list(model.get("price_variants"))) {
      Map<?, ?> variant = JsonTree.object(each);
      List<Dated> prices =
          dated(model, variant.get("prices"), JsonTree.object(variant.get("constraint")));
      if (prices != null) {
        variants
            .computeIfAbsent(JsonTree.object(variant.get("when")), when -> new ArrayList<>())
            .addAll(prices);
      }
    }
    for (String pattern : patterns) {
      mode(new Mode(upstream, pattern, "", ""), base, List.of());
      variants.forEach((when, prices) -> variant(upstream, pattern, when, base, prices));
    }
  }

  private void variant(
      String upstream, String pattern, Map<?, ?> when, List<Dated> base, List<Dated> prices) {
    String tier = String.valueOf(when.get("service_tier"));
    if (when.size() != 1) {
      list.omit("variants by several things at once");
    } else if (when.containsKey("service_tier")) {
      if (!tier.equals("default")) {
        mode(new Mode(upstream, pattern, tier, ""), base, prices);
      }
    } else if ("batch".equals(when.get("processing"))) {
      mode(new Mode(upstream, pattern, "batch", ""), base, prices);
    } else if (when.containsKey("speed")) {
      mode(new Mode(upstream, pattern, "", String.valueOf(when.get("speed"))), base, prices);
    } else {
      list.omit("variants by " + when.keySet().iterator().next());
    }
  }

  private record Mode(String upstream, String model, String tier, String speed) {}

  /** Prices from a day on; null: since ever. */
  private record Dated(LocalDate from, Map<?, ?> prices) {
    boolean holdsAt(LocalDate day) {
      return from == null || (day != null && !day.isBefore(from));
    }
  }

  /** Null: they hang on the time of day, or are none. */
  private List<Dated> dated(Map<?, ?> model, Object prices, Map<?, ?> constraint) {
    List<Dated> dated = new ArrayList<>();
    try {
      if (prices instanceof List<?> conditional) {
        for (Object each : conditional) {
          Map<?, ?> one = JsonTree.object(each);
          if (!add(dated, JsonTree.object(one.get("constraint")), one.get("prices"))) {
            return null;
          }
        }
      } else if (!add(dated, constraint, prices)) {
        return null;
      }
    } catch (DateTimeException bad) {
      list.mistake(model.get("id") + ": start_date is no date");
      return null;
    }
    return dated;
  }

  private boolean add(List<Dated> dated, Map<?, ?> constraint, Object prices) {
    if (constraint.containsKey("start_time")) {
      list.omit("models priced by the time of day");
      return false;
    }
    Object start = constraint.get("start_date");
    dated.add(
        new Dated(
            start == null ? null : LocalDate.parse(start.toString()), JsonTree.object(prices)));
    return true;
  }

  /**
   * The prices of one mode, from each day to the next at which one of them changes. Without
   * variants it is the base itself; with some, the days before the first of them have no price.
   */
  private void mode(Mode mode, List<Dated> base, List<Dated> variants) {
    Set<LocalDate> days =
        new TreeSet<>(Comparator.nullsFirst(Comparator.<LocalDate>naturalOrder()));
    days.add(null);
    base.stream().map(Dated::from).forEach(days::add);
    variants.stream().map(Dated::from).forEach(days::add);
    List<LocalDate> order = new ArrayList<>(days);
    for (int i = 0; i < order.size(); i++) {
      LocalDate day = order.get(i);
      Map<Object, Object> prices = new LinkedHashMap<>(base.get(0).prices());
      for (Dated each : base) {
        if (each.holdsAt(day)) {
          prices = new LinkedHashMap<>(each.prices());
        }
      }
      Map<Object, Object> changed = new LinkedHashMap<>();
      boolean holds = variants.isEmpty();
      for (Dated each : variants) {
        if (each.holdsAt(day)) {
          each.prices().forEach(changed::putIfAbsent);
          holds = true;
        }
      }
      prices.putAll(changed);
      if (holds) {
        steps(mode, prices, day, i + 1 < order.size() ? order.get(i + 1) : null);
      }
    }
  }

  private void steps(Mode mode, Map<?, ?> prices, LocalDate from, LocalDate to) {
    Set<Long> starts = new TreeSet<>();
    starts.add(-1L);
    for (Object price : prices.values()) {
      for (Object tier : JsonTree.list(JsonTree.object(price).get("tiers"))) {
        if (JsonTree.object(tier).get("start") instanceof BigDecimal start) {
          starts.add(start.longValue());
        }
      }
    }
    for (long start : starts) {
      Steps step = Steps.above(start);
      if (step == null) {
        list.mistake(mode.model() + ": the sums know no step at " + start + " tokens");
        continue;
      }
      Amounts amounts = new Amounts();
      prices.forEach(
          (name, price) -> amount(mode, amounts, String.valueOf(name), at(price, start)));
      amounts.inherit(WIDER);
      if (amounts.isNegative()) {
        list.mistake(mode.model() + ": a price is negative");
      } else if (!amounts.isEmpty()) {
        list.add(
            amounts.price(
                new Price.Key(
                    Price.Key.LIST,
                    mode.upstream(),
                    mode.model(),
                    mode.tier(),
                    "",
                    mode.speed(),
                    step.over(),
                    step.inclusive()),
                day(from),
                day(to),
                "USD",
                list.source()));
      }
    }
  }

  private void amount(Mode mode, Amounts amounts, String name, Object price) {
    if (price == null) {
      return;
    }
    if (!(price instanceof BigDecimal amount)) {
      list.mistake(mode.model() + ": " + name + " is no number");
    } else if (TOKENS.containsKey(name)) {
      amounts.token(TOKENS.get(name), amount);
    } else if (UNITS.containsKey(name)) {
      Map.Entry<String, Integer> unit = UNITS.get(name);
      amounts.unit(
          unit.getKey(),
          amount.divide(BigDecimal.valueOf(unit.getValue()), 20, RoundingMode.HALF_UP));
    } else {
      list.omit("prices " + name);
    }
  }

  /** The highest step that is not above this one, else the base. */
  private static Object at(Object price, long start) {
    if (!(price instanceof Map<?, ?> stepped)) {
      return price;
    }
    Object found = stepped.get("base");
    long highest = -1;
    for (Object each : JsonTree.list(stepped.get("tiers"))) {
      Map<?, ?> tier = JsonTree.object(each);
      if (tier.get("start") instanceof BigDecimal begin
          && begin.longValue() <= start
          && begin.longValue() > highest) {
        highest = begin.longValue();
        found = tier.get("price");
      }
    }
    return found;
  }

  private static Instant day(LocalDate day) {
    return day == null ? null : day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
