package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.count;
import static dev.tailtap.config.ValueType.oneOf;
import static dev.tailtap.config.ValueType.open;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What callers may use of the providers: the limits that are set, and what they have in common.
 *
 * @param limits by name, in the order of the file
 * @param relays how many relays share them, of which this holds its part
 * @param shared where they have them in common
 * @param headers whether answers tell what is left
 * @param buckets most of all limits together
 * @param zone in which days, weeks and months of budgets begin
 * @param refresh how often the sums are asked for budgets
 * @param storeAway what becomes of calls with a budget of which the sums were not heard for long
 */
public record QuotaConfig(
    Map<String, LimitConfig> limits,
    int relays,
    SharedConfig shared,
    Headers headers,
    int buckets,
    ZoneId zone,
    Duration refresh,
    StoreAway storeAway) {
  static final Setting<Integer> RELAYS =
      Setting.of(
          "limits.relays",
          count(1, 10_000),
          "1",
          "How many relays share each limit, of which each holds its part; budgets are shared");
  static final Setting<Headers> HEADERS =
      Setting.of(
          "limits.headers",
          oneOf(Headers.class),
          "none",
          "Whether answers say what is left of limits; draft: as the IETF's draft has it");
  static final Setting<Integer> BUCKETS =
      Setting.of(
          "limits.buckets",
          count(16, 10_000_000),
          "100000",
          "Buckets of all limits together; who comes when all are in use shares one");
  static final Setting<ZoneId> ZONE =
      Setting.of(
          "budget.zone",
          open("the name of a zone, as in UTC or Europe/Berlin", QuotaConfig::zone),
          "UTC",
          "Where a budget's days, weeks and months begin");
  static final Setting<Duration> REFRESH =
      Setting.of("budget.refresh", DURATION, "10s", "How often the sums are asked what was spent");
  static final Setting<StoreAway> STORE_AWAY =
      Setting.of(
          "budget.store-away",
          oneOf(StoreAway.class),
          "serve",
          "What becomes of calls with a budget while the sums cannot be asked");

  public QuotaConfig {
    limits = Collections.unmodifiableMap(new LinkedHashMap<>(limits));
  }

  static QuotaConfig of(Settings settings) {
    Map<String, LimitConfig> limits = new LinkedHashMap<>();
    for (String name : settings.names(LimitConfig.MATCH.group())) {
      limits.put(name, LimitConfig.of(settings, name));
    }
    return new QuotaConfig(
        limits,
        settings.get(RELAYS),
        SharedConfig.of(settings),
        settings.get(HEADERS),
        settings.get(BUCKETS),
        settings.get(ZONE),
        settings.get(REFRESH),
        settings.get(STORE_AWAY));
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException unknown) {
      throw new IllegalArgumentException(unknown);
    }
  }

  /** What answers say of limits. */
  public enum Headers {
    NONE,
    DRAFT
  }

  /** What becomes of a call whose budget nobody can tell. */
  public enum StoreAway {
    SERVE,
    REFUSE
  }
}
