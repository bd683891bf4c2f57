package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DATABASE;
import static dev.tailtap.config.ValueType.DIRECTORY;
import static dev.tailtap.config.ValueType.DURATION_OR_ZERO;
import static dev.tailtap.config.ValueType.SECRET;
import static dev.tailtap.config.ValueType.TEXT;
import static dev.tailtap.config.ValueType.count;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The database.
 *
 * @param url {@code embedded} or a {@code jdbc:postgresql:} URL
 * @param dir data directory of the embedded database
 * @param batchRows most rows in one transaction
 * @param batchWait how long a row may wait for company
 * @param queueRows calls that may be under way or wait for the disk
 * @param retentionDays days whose rows are kept, today not counted; 0: all
 * @param sumsDays days whose hourly sums are kept, today not counted; 0: all
 * @param hourGroups most groups of tenant, upstream and model that an hour's sums have
 * @param instance names the relay among those that share the database; empty: it is as good as new
 *     at each start
 */
public record StoreConfig(
    String url,
    String user,
    String password,
    int poolSize,
    int batchRows,
    Duration batchWait,
    Path dir,
    int queueRows,
    int retentionDays,
    int sumsDays,
    int hourGroups,
    String instance) {
  static final Setting<String> URL =
      Setting.of(
              "store.url",
              DATABASE,
              "embedded",
              "The database: embedded, or jdbc:postgresql://HOST/DATABASE")
          .atStart();
  static final Setting<String> USER =
      Setting.of("store.user", TEXT, "", "The user of that database").atStart();
  static final Setting<String> PASSWORD =
      Setting.of("store.password", SECRET, "", "The password of that user").atStart();
  static final Setting<Integer> POOL_SIZE =
      Setting.of("store.pool-size", count(1, 64), "2", "Connections kept to the database")
          .atStart();
  static final Setting<Integer> BATCH_ROWS =
      Setting.of("store.batch-rows", count(1, 100_000), "1000", "Most rows in one transaction")
          .atStart();
  static final Setting<Duration> BATCH_WAIT =
      Setting.of(
              "store.batch-wait", DURATION_OR_ZERO, "200ms", "How long a row may wait for company")
          .atStart();
  static final Setting<Path> DIR =
      Setting.of("store.dir", DIRECTORY, "data/postgres", "Data directory of the embedded database")
          .atStart();
  static final Setting<Integer> QUEUE_ROWS =
      Setting.of(
              "store.queue-rows",
              count(1_024, 16_777_216),
              "65536",
              "Calls that may be under way or wait for the journal's disk")
          .atStart();
  static final Setting<Integer> RETENTION_DAYS =
      Setting.of("store.retention-days", count(0, 36_500), "0", "Days whose rows are kept; 0: all")
          .atStart();
  static final Setting<Integer> SUMS_DAYS =
      Setting.of(
              "store.sums-days", count(0, 36_500), "0", "Days whose hourly sums are kept; 0: all")
          .atStart();
  static final Setting<Integer> HOUR_GROUPS =
      Setting.of(
              "store.hour-groups",
              count(1, 1_000_000),
              "10000",
              "Most groups of tenant, upstream and model that an hour's sums have")
          .atStart();

  static StoreConfig of(Settings settings) {
    return new StoreConfig(
        settings.get(URL),
        settings.get(USER),
        settings.get(PASSWORD),
        settings.get(POOL_SIZE),
        settings.get(BATCH_ROWS),
        settings.get(BATCH_WAIT),
        settings.get(DIR),
        settings.get(QUEUE_ROWS),
        settings.get(RETENTION_DAYS),
        settings.get(SUMS_DAYS),
        settings.get(HOUR_GROUPS),
        settings.get(ServerConfig.INSTANCE));
  }

  public boolean embedded() {
    return "embedded".equals(url);
  }

  @Override
  public String toString() {
    return "StoreConfig[embedded=" + embedded() + ", dir=" + dir + ", poolSize=" + poolSize + "]";
  }
}
