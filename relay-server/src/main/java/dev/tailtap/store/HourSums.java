package dev.tailtap.store;

import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;

/**
 * Adds rows that were inserted to the sums of their hours, in this relay's shard of {@code
 * usage_hour} and {@code usage_price_hour}.
 */
final class HourSums {
  /** More than one would use: relays fall into them as their names do. */
  private static final int SHARDS = 16;

  /** The rows are visited in the order of the key: two relays cannot deadlock. */
  private static final String SQL =
      """
      insert into usage_hour_shard as h (shard, hour, tenant, upstream, model, calls, calls_with_usage, delivered,
        prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens, reasoning_tokens)
      select SHARD, u.* from unnest(?::timestamptz[], ?::text[], ?::text[], ?::text[], ?::int8[], ?::int8[], ?::int8[],
        ?::numeric[], ?::numeric[], ?::numeric[], ?::numeric[], ?::numeric[], ?::numeric[]) as u
      order by 2, 3, 4, 5
      on conflict (hour, tenant, upstream, model, shard) do update set
        calls = h.calls + excluded.calls,
        calls_with_usage = h.calls_with_usage + excluded.calls_with_usage,
        delivered = h.delivered + excluded.delivered,
        prompt_tokens = h.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = h.completion_tokens + excluded.completion_tokens,
        total_tokens = h.total_tokens + excluded.total_tokens,
        cached_tokens = h.cached_tokens + excluded.cached_tokens,
        cache_write_tokens = h.cache_write_tokens + excluded.cache_write_tokens,
        reasoning_tokens = h.reasoning_tokens + excluded.reasoning_tokens
      """;

  private final String sql;
  private final HourRoom<HourGroup> room;
  private final PriceSums prices;

  /**
   * Prepares it.
   *
   * @param most groups that an hour has in {@code usage_hour}; four times as many in {@code
   *     usage_price_hour}
   * @param shard of {@link #shard}
   */
  HourSums(int most, int shard) {
    this.sql = SQL.replace("SHARD", Integer.toString(shard));
    this.room =
        new HourRoom<>(
            "usage_hour",
            most,
            HourGroup::hour,
            List.of(
                new HourRoom.Key<>("tenant", "text", HourGroup::tenant),
                new HourRoom.Key<>("upstream", "text", HourGroup::upstream),
                new HourRoom.Key<>("model", "text", HourGroup::model)));
    this.prices = new PriceSums(4 * most, shard);
  }

  /**
   * Whose lines a relay of this name writes. Names that differ in a last digit, as those of pods
   * do, have shards that differ.
   */
  static int shard(String instance) {
    return Math.floorMod(instance.hashCode(), SHARDS);
  }

  /** Adds the rows; returns how many of them have no group of their own. */
  long add(Connection connection, List<UsageRecord> rows) throws SQLException {
    Map<HourGroup, List<UsageRecord>> groups = new HashMap<>();
    for (UsageRecord row : rows) {
      groups.computeIfAbsent(HourGroup.of(row), group -> new ArrayList<>()).add(row);
    }
    if (groups.isEmpty()) {
      return 0;
    }
    long others = 0;
    for (HourGroup beyond : beyond(connection, groups)) {
      List<UsageRecord> without = groups.remove(beyond);
      groups.computeIfAbsent(beyond.other(), group -> new ArrayList<>()).addAll(without);
      others += without.size();
    }
    insert(connection, groups);
    prices.add(connection, groups);
    return others;
  }

  private Set<HourGroup> beyond(Connection connection, Map<HourGroup, List<UsageRecord>> groups)
      throws SQLException {
    Comparator<HourGroup> largest = Comparator.comparing(group -> -groups.get(group).size());
    List<HourGroup> asked =
        groups.keySet().stream()
            .filter(group -> !group.tenant().equals(HourGroup.OTHER))
            .sorted(largest.thenComparing(HourGroup.BY_NAME))
            .toList();
    return room.beyond(connection, asked);
  }

  private void insert(Connection connection, Map<HourGroup, List<UsageRecord>> groups)
      throws SQLException {
    List<Entry<HourGroup, Sum>> sums =
        groups.entrySet().stream()
            .map(group -> Map.entry(group.getKey(), new Sum(group.getValue())))
            .toList();
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      ArrayParameters parameters =
          new ArrayParameters(insert)
              .add("timestamptz", sums, sum -> sum.getKey().hour())
              .add("text", sums, sum -> sum.getKey().tenant())
              .add("text", sums, sum -> sum.getKey().upstream())
              .add("text", sums, sum -> sum.getKey().model())
              .add("int8", sums, sum -> sum.getValue().calls)
              .add("int8", sums, sum -> sum.getValue().withUsage)
              .add("int8", sums, sum -> sum.getValue().delivered);
      for (int kind = 0; kind < Sum.KINDS; kind++) {
        int at = kind;
        parameters.add("numeric", sums, sum -> sum.getValue().tokens[at]);
      }
      insert.executeUpdate();
    }
  }

  /** What is summed of a group. */
  private static final class Sum {
    static final int KINDS = 6;

    private final long calls;
    private long withUsage;
    private long delivered;
    private final CountSum[] tokens = new CountSum[KINDS];

    private Sum(List<UsageRecord> rows) {
      calls = rows.size();
      for (int kind = 0; kind < KINDS; kind++) {
        tokens[kind] = new CountSum();
      }
      for (UsageRecord row : rows) {
        Tokens counts = row.usage().tokens();
        withUsage += counts.isKnown() ? 1 : 0;
        delivered += Boolean.TRUE.equals(row.response().delivered()) ? 1 : 0;
        tokens[0].add(counts.prompt());
        tokens[1].add(counts.completion());
        tokens[2].add(counts.total());
        tokens[3].add(counts.cached());
        tokens[4].add(counts.cacheWrite());
        tokens[5].add(counts.reasoning());
      }
    }
  }
}
