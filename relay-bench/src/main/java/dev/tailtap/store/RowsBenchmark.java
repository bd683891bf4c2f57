package dev.tailtap.store;

import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rows per second into the embedded PostgreSQL, fsync on, one connection, tables emptied before
 * each iteration: what the relay does with its hourly sums, its COPY without them, one insert from
 * arrays, a JDBC batch and single inserts, which have no sums either. Only their ratios mean
 * something.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class RowsBenchmark {
  private static final int BATCH = 1_000;
  private static final int SINGLES = 50;

  private static final String NAMES =
      Arrays.stream(Column.values()).map(Column::label).collect(Collectors.joining(", "));
  private static final String ONE =
      "insert into usage_record (%s) values (%s) on conflict do nothing"
          .formatted(NAMES, values("?::"));
  private static final String ARRAYS =
      "insert into usage_record (%s) select %s from unnest(%s) as u(%s) on conflict do nothing"
          .formatted(NAMES, values(""), arrays(), NAMES);

  private final SampleRecords sample = new SampleRecords();
  private final RowCopy copy = new RowCopy();
  private final UsageInsert insert = new UsageInsert(10_000, 0, new Stats());
  private EmbeddedDatabase server;
  private Connection connection;

  @Setup
  public void start() throws IOException, SQLException {
    String temporary = System.getProperty("java.io.tmpdir");
    Path dir =
        Path.of(System.getProperty("tailtap.bench.dir", temporary), "tailtap-bench-postgres");
    server = EmbeddedDatabase.start(Files.createDirectories(dir).toAbsolutePath());
    connection = server.address().connect();
    connection.setAutoCommit(false);
    Schema.apply(connection);
  }

  @Setup(Level.Iteration)
  public void empty() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("truncate usage_record, usage_hour, usage_price_hour, usage_dead_letter");
    }
    connection.commit();
  }

  @TearDown
  public void stop() throws SQLException {
    connection.close();
    server.close();
  }

  /** What the writer does: rows and hourly sums in one transaction. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int rowsAndSums() throws SQLException {
    return insert.write(connection, sample.next(BATCH));
  }

  /** The rows alone, as the writer sends them. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int rowsByCopy() throws SQLException {
    List<UsageRecord> rows = sample.next(BATCH);
    copy.write(connection, rows);
    connection.commit();
    return rows.size();
  }

  /** An array for each column. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int rowsFromArrays() throws SQLException {
    List<UsageRecord> rows = sample.next(BATCH);
    try (PreparedStatement insert = connection.prepareStatement(ARRAYS)) {
      int parameter = 0;
      for (Column column : Column.values()) {
        Object[] array = array(column.type(), rows.size());
        for (int r = 0; r < array.length; r++) {
          array[r] = column.of(rows.get(r));
        }
        insert.setArray(++parameter, connection.createArrayOf(column.type(), array));
      }
      int inserted = insert.executeUpdate();
      connection.commit();
      return inserted;
    }
  }

  /** A batch as JDBC has it. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int[] jdbcBatch() throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(ONE)) {
      for (UsageRecord row : sample.next(BATCH)) {
        bind(insert, row);
        insert.addBatch();
      }
      int[] inserted = insert.executeBatch();
      connection.commit();
      return inserted;
    }
  }

  /** One row, one commit. */
  @Benchmark
  @OperationsPerInvocation(SINGLES)
  public int singleRows() throws SQLException {
    int inserted = 0;
    try (PreparedStatement insert = connection.prepareStatement(ONE)) {
      for (UsageRecord row : sample.next(SINGLES)) {
        bind(insert, row);
        inserted += insert.executeUpdate();
        connection.commit();
      }
    }
    return inserted;
  }

  /** The driver sends a typed array in binary. */
  private static Object[] array(String type, int length) {
    return switch (type) {
      case "int8" -> new Long[length];
      case "int4" -> new Integer[length];
      case "int2" -> new Short[length];
      case "bool" -> new Boolean[length];
      case "text" -> new String[length];
      default -> new Object[length];
    };
  }

  private static void bind(PreparedStatement insert, UsageRecord row) throws SQLException {
    int parameter = 0;
    for (Column column : Column.values()) {
      insert.setObject(++parameter, column.of(row));
    }
  }

  /** The value of each column, from a parameter or, with an empty mark, from the arrays. */
  private static String values(String mark) {
    return Arrays.stream(Column.values())
        .map(
            column -> {
              String value = mark.isEmpty() ? "u." + column.label() : mark + column.type();
              return column.isTime()
                  ? "'epoch'::timestamptz + " + value + " * interval '1 microsecond'"
                  : value;
            })
        .collect(Collectors.joining(", "));
  }

  private static String arrays() {
    return Arrays.stream(Column.values())
        .map(column -> "?::" + column.type() + "[]")
        .collect(Collectors.joining(", "));
  }
}
