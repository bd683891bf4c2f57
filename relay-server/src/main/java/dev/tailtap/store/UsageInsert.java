package dev.tailtap.store;

import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Writes a batch: the rows that are not there yet, by COPY, and their counts into the hourly sums,
 * in one transaction, so that sending a batch again changes nothing. A call among the dead letters
 * is there already, too. Rows and sums are visited in the order of their keys, so that two relays
 * cannot deadlock. The writer's thread.
 */
final class UsageInsert {
  private static final String DEAD = "select id from usage_dead_letter where id = any(?::uuid[])";

  private static final String THERE =
      """
      select r.id from unnest(?::int8[], ?::uuid[]) as u(started_at, id)
      join lateral (
        select r.id from usage_record r
        where r.started_at = 'epoch'::timestamptz + u.started_at * interval '1 microsecond' and r.id = u.id limit 1) r on true
      """;

  private static final String UNIQUE_VIOLATION = "23505";

  /** The order of the table's key; PostgreSQL compares the bytes of ids. */
  private static final Comparator<UsageRecord> BY_KEY =
      Comparator.comparing((UsageRecord row) -> Micros.of(row.startedAt()))
          .thenComparing(UsageRecord::id, UsageInsert::compareBytes);

  private final RowCopy copy = new RowCopy();
  private final HourSums sums;
  private final Stats stats;

  /**
   * Prepares it.
   *
   * @param hourGroups most groups that an hour's sums have; further ones are summed as {@code
   *     ~other}. Transactions that run at the same time do not see each other's new groups.
   * @param shard of {@link HourSums#shard}
   */
  UsageInsert(int hourGroups, int shard, Stats stats) {
    this.sums = new HourSums(hourGroups, shard);
    this.stats = stats;
  }

  /**
   * Writes the records in one transaction of their own and commits it.
   *
   * @return how many were not there before
   */
  int write(Connection connection, List<UsageRecord> records) throws SQLException {
    Inserted done = insert(connection, records);
    connection.commit();
    if (done.rest() > 0) {
      stats.add(Metric.HOUR_REST, done.rest());
    }
    return done.rows();
  }

  /**
   * What one batch did.
   *
   * @param rest how many of the rows were summed as {@code ~other}
   */
  record Inserted(int rows, long rest) {}

  /** Writes the records in the transaction that the caller has begun, and leaves its end to it. */
  Inserted insert(Connection connection, List<UsageRecord> records) throws SQLException {
    limitTimes(connection, "savepoint rows");
    List<UsageRecord> rows = insertRows(connection, distinct(connection, records));
    return new Inserted(rows.size(), sums.add(connection, rows));
  }

  /** By statements, because that is what passes a PgBouncer in between; gone with the commit. */
  static void limitTimes(Connection connection) throws SQLException {
    limitTimes(connection, "");
  }

  private static void limitTimes(Connection connection, String then) throws SQLException {
    execute(
        connection, "set local statement_timeout = '20s'; set local lock_timeout = '5s'; " + then);
  }

  /** The rows in the order of their key, each once, without the dead letters. */
  private static List<UsageRecord> distinct(Connection connection, List<UsageRecord> records)
      throws SQLException {
    List<UsageRecord> sorted = new ArrayList<>(records);
    sorted.sort(BY_KEY);
    Set<UUID> dead = new HashSet<>();
    try (PreparedStatement select = connection.prepareStatement(DEAD)) {
      new ArrayParameters(select).add("uuid", sorted, UsageRecord::id);
      addIds(select, dead);
    }
    List<UsageRecord> rows = new ArrayList<>(sorted.size());
    UsageRecord last = null;
    for (UsageRecord row : sorted) {
      boolean again = last != null && BY_KEY.compare(last, row) == 0;
      if (!again && !dead.contains(row.id())) {
        rows.add(row);
      }
      last = row;
    }
    return rows;
  }

  /**
   * Rows that are there already are rare, so the table's key finds them: then they are looked for.
   *
   * @return what was inserted, as it stands in the table
   */
  private List<UsageRecord> insertRows(Connection connection, List<UsageRecord> rows)
      throws SQLException {
    List<UsageRecord> left = rows;
    while (!left.isEmpty()) {
      try {
        List<UsageRecord> settled = CountedOnce.settle(connection, left);
        boolean all = copy.write(connection, settled) == settled.size();
        return all ? settled : present(connection, settled);
      } catch (SQLException failure) {
        if (!UNIQUE_VIOLATION.equals(FailureKind.stateOf(failure))) {
          throw failure;
        }
        execute(connection, "rollback to savepoint rows");
        List<UsageRecord> others = missing(connection, left);
        if (others.size() == left.size()) {
          throw failure; // of an index that is not ours
        }
        left = others;
      }
    }
    return left;
  }

  private static List<UsageRecord> missing(Connection connection, List<UsageRecord> rows)
      throws SQLException {
    Set<UUID> there = there(connection, rows);
    return rows.stream().filter(row -> !there.contains(row.id())).toList();
  }

  private static List<UsageRecord> present(Connection connection, List<UsageRecord> rows)
      throws SQLException {
    Set<UUID> there = there(connection, rows);
    return rows.stream().filter(row -> there.contains(row.id())).toList();
  }

  private static Set<UUID> there(Connection connection, List<UsageRecord> rows)
      throws SQLException {
    Set<UUID> there = new HashSet<>();
    try (PreparedStatement select = connection.prepareStatement(THERE)) {
      new ArrayParameters(select)
          .add("int8", rows, row -> Micros.of(row.startedAt()))
          .add("uuid", rows, UsageRecord::id);
      addIds(select, there);
    }
    return there;
  }

  private static void addIds(PreparedStatement select, Set<UUID> ids) throws SQLException {
    try (ResultSet found = select.executeQuery()) {
      while (found.next()) {
        ids.add(found.getObject(1, UUID.class));
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int compareBytes(UUID one, UUID other) {
    int high = Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
  }
}
