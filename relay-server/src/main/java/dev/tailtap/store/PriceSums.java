package dev.tailtap.store;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Adds rows that were inserted to this relay's shard of {@code usage_price_hour}. What is summed
 * are the parts of each row as {@code usage_cost} prices them.
 */
final class PriceSums {
  private static final String PARTS =
      Stream.of(PricedPart.values()).map(PricedPart::column).collect(Collectors.joining(", "));

  private static final String SQL =
      """
      insert into usage_price_hour_shard as h (shard, hour, key, tenant, upstream, model, service_tier, geo, speed, band, kinds,
        unit_names, stated_currency, calls, calls_with_usage, units, provider_cost, PARTS)
      select SHARD, u.* from unnest(?::timestamptz[], ?::bytea[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
        ?::int8[], ?::int4[], ?::text[], ?::text[], ?::int8[], ?::int8[], ?::jsonb[], ?::numeric[], SUMS) as u
      order by 2, 3
      on conflict (hour, key, shard) do update set calls = h.calls + excluded.calls,
        calls_with_usage = h.calls_with_usage + excluded.calls_with_usage,
        units = tailtap_units_add(h.units, excluded.units), provider_cost = h.provider_cost + excluded.provider_cost, UPDATES
      """
          .replace("PARTS", PARTS)
          .replace("SUMS", PARTS.replaceAll("\\w+", "?::numeric[]"))
          .replace("UPDATES", PARTS.replaceAll("\\w+", "$0 = h.$0 + excluded.$0"));

  private final String sql;
  private final HourRoom<PriceGroup> room;

  /**
   * Prepares it.
   *
   * @param most groups that an hour has; further ones are summed under a tier that has no price
   * @param shard of {@link HourSums#shard}
   */
  PriceSums(int most, int shard) {
    this.sql = SQL.replace("SHARD", Integer.toString(shard));
    this.room =
        new HourRoom<>(
            "usage_price_hour",
            most,
            group -> group.of().hour(),
            List.of(new HourRoom.Key<>("key", "bytea", PriceGroup::key)));
  }

  /** Adds the rows, by their groups in {@code usage_hour}. */
  void add(Connection connection, Map<HourGroup, List<UsageRecord>> groups) throws SQLException {
    Map<PriceGroup, Sum> sums = new HashMap<>();
    Units units = new Units();
    groups.forEach(
        (group, rows) -> {
          for (UsageRecord row : rows) {
            UsageReading usage = row.usage();
            if (PriceGroup.isPriced(usage)) {
              Map<String, BigDecimal> used = units.of(usage.billed().units());
              PriceGroup priced = PriceGroup.of(group, usage, used);
              sums.computeIfAbsent(priced, fresh -> new Sum()).add(usage, used);
            }
          }
        });
    if (sums.isEmpty()) {
      return;
    }
    Comparator<PriceGroup> largest = Comparator.comparing(group -> -sums.get(group).calls);
    List<PriceGroup> asked =
        sums.keySet().stream().sorted(largest.thenComparing(PriceGroup.BY_NAME)).toList();
    for (PriceGroup beyond : room.beyond(connection, asked)) {
      Sum without = sums.remove(beyond);
      sums.computeIfAbsent(beyond.other(), fresh -> new Sum()).addUnpriced(without);
    }
    insert(connection, List.copyOf(sums.entrySet()));
  }

  private void insert(Connection connection, List<Entry<PriceGroup, Sum>> sums)
      throws SQLException {
    List<PriceGroup> groups = sums.stream().map(Entry::getKey).toList();
    List<Sum> values = sums.stream().map(Entry::getValue).toList();
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      ArrayParameters parameters =
          new ArrayParameters(insert)
              .add("timestamptz", groups, group -> group.of().hour())
              .add("bytea", groups, PriceGroup::key)
              .add("text", groups, group -> group.of().tenant())
              .add("text", groups, group -> group.of().upstream())
              .add("text", groups, group -> group.of().model())
              .add("text", groups, PriceGroup::serviceTier)
              .add("text", groups, PriceGroup::geo)
              .add("text", groups, PriceGroup::speed)
              .add("int8", groups, PriceGroup::band)
              .add("int4", groups, PriceGroup::kinds)
              .add("text", groups, PriceGroup::unitNames)
              .add("text", groups, PriceGroup::statedCurrency)
              .add("int8", values, sum -> sum.calls)
              .add("int8", values, sum -> sum.withUsage)
              .add("jsonb", values, sum -> Units.json(sum.units))
              .add("numeric", values, sum -> sum.providerCost);
      for (PricedPart part : PricedPart.values()) {
        parameters.add("numeric", values, sum -> sum.parts.get(part));
      }
      insert.executeUpdate();
    }
  }

  /** What is summed of a group. */
  private static final class Sum {
    private long calls;
    private long withUsage;
    private final Map<PricedPart, CountSum> parts = new EnumMap<>(PricedPart.class);
    private final Map<String, BigDecimal> units = new TreeMap<>();
    private BigDecimal providerCost;

    private Sum() {
      for (PricedPart part : PricedPart.values()) {
        parts.put(part, new CountSum());
      }
    }

    private void add(UsageReading usage, Map<String, BigDecimal> used) {
      count(1, usage.tokens().isKnown() ? 1 : 0);
      parts.forEach((part, sum) -> sum.add(part.of(usage)));
      used.forEach((unit, amount) -> units.merge(unit, amount, BigDecimal::add));
      BigDecimal stated = usage.billed().providerCost();
      if (stated != null) {
        providerCost = providerCost == null ? stated : providerCost.add(stated);
      }
    }

    /** What has no price needs neither the units nor what the provider states. */
    private void addUnpriced(Sum other) {
      count(other.calls, other.withUsage);
      parts.forEach((part, sum) -> sum.add(other.parts.get(part)));
    }

    private void count(long more, long moreWithUsage) {
      calls += more;
      withUsage += moreWithUsage;
    }
  }
}
