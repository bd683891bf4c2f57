package dev.tailtap.store;

import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Stats;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Many writers, each as the writer of a relay and with a connection of its own, which send whole
 * batches one after the other: into one group of the hour's sums or into one each.
 */
public final class HotSums {
  /** Which lines of the sums the writers change. */
  public enum Way {
    /** One model and tenant, one name: what all relays did before their sums had shards. */
    ONE_LINE("one group, one name"),
    /** One model and tenant, each writer a name of its own. */
    ONE_GROUP("one group, a name each"),
    /** A model and tenant each, one name. */
    GROUPS("a group each, one name");

    private final String title;

    Way(String title) {
      this.title = title;
    }

    @Override
    public String toString() {
      return title;
    }
  }

  /**
   * What a round brought.
   *
   * @param rowsPerSecond that were committed
   * @param p50 of the time of a batch, in nanoseconds, as the next
   */
  public record Result(double rowsPerSecond, double p50, double p99) {}

  /** A connection to the database of the trial. */
  public interface Server {
    Connection connect() throws SQLException;
  }

  private final Server server;
  private final int writers;
  private final int batchRows;
  private final List<SampleRecords> samples = new ArrayList<>();
  private long written;

  /** Makes the tables. */
  public HotSums(Server server, int writers, int batchRows) throws SQLException {
    this.server = server;
    this.writers = writers;
    this.batchRows = batchRows;
    for (int writer = 0; writer < writers; writer++) {
      samples.add(new SampleRecords());
    }
    try (Connection connection = connect()) {
      Schema.apply(connection);
    }
  }

  /** All writers at once, for so long. */
  public Result run(Way way, Duration window) throws SQLException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    List<Connection> connections = new ArrayList<>();
    try {
      for (int writer = 0; writer < writers; writer++) {
        connections.add(connect());
      }
      long end = System.nanoTime() + window.toNanos();
      List<Future<List<Long>>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        int number = writer;
        running.add(threads.submit(() -> write(connections.get(number), way, number, end)));
      }
      List<Long> times = new ArrayList<>();
      for (Future<List<Long>> one : running) {
        times.addAll(one.get());
      }
      written += (long) times.size() * batchRows;
      return result(times, window);
    } catch (ExecutionException failure) {
      throw new SQLException("a writer failed: " + failure.getCause(), failure);
    } finally {
      threads.shutdown();
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  private Result result(List<Long> times, Duration window) {
    long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
    double seconds = window.toNanos() / (double) TimeUnit.SECONDS.toNanos(1);
    return new Result(
        times.size() * batchRows / seconds,
        sorted[sorted.length / 2],
        sorted[(int) (sorted.length * 0.99)]);
  }

  /** How long each batch took that began in time; one of each writer does in any case. */
  private List<Long> write(Connection connection, Way way, int writer, long end)
      throws SQLException {
    int shard = HourSums.shard("relay-" + (way == Way.ONE_GROUP ? writer : 0));
    UsageInsert insert = new UsageInsert(10_000, shard, new Stats());
    List<Long> times = new ArrayList<>();
    do {
      List<UsageRecord> batch = batch(writer, way == Way.GROUPS ? writer : 0);
      long began = System.nanoTime();
      insert.write(connection, batch);
      times.add(System.nanoTime() - began);
    } while (System.nanoTime() < end);
    return times;
  }

  private List<UsageRecord> batch(int writer, int group) {
    List<UsageRecord> batch = new ArrayList<>(batchRows);
    for (UsageRecord sample : samples.get(writer).next(batchRows)) {
      batch.add(of(group, sample));
    }
    return batch;
  }

  /** The same call, of this group's tenant and model. */
  private static UsageRecord of(int group, UsageRecord sample) {
    OpenRecord call = sample.call();
    OpenRecord open =
        new OpenRecord(
            UUID.randomUUID(),
            call.startedAt(),
            call.route(),
            call.upstream(),
            call.dialect(),
            call.method(),
            call.path(),
            "tenant-" + group,
            call.attempt(),
            call.caller(),
            call.relay(),
            call.traceId(),
            call.virtualKey());
    UsageReading usage = sample.usage();
    UsageReading answered =
        new UsageReading(
            usage.state(),
            "model-" + group,
            usage.responseId(),
            usage.finishReason(),
            usage.tokens(),
            usage.billed(),
            usage.raw(),
            usage.frames(),
            usage.note());
    return new UsageRecord(open, sample.request(), sample.response(), answered, sample.end());
  }

  /** What is wrong with the rows or their sums; empty: nothing. */
  public String mistakes() throws SQLException {
    List<String> asked =
        List.of(
            "select count(*) from usage_record",
            "select sum(calls) from usage_hour",
            "select sum(calls) from usage_price_hour");
    for (String question : asked) {
      long found = number(question);
      if (found != written) {
        return "%d of %d: %s".formatted(found, written, question);
      }
    }
    return "";
  }

  private long number(String question) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(question)) {
      found.next();
      return found.getLong(1);
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = server.connect();
    connection.setAutoCommit(false);
    return connection;
  }
}
