package dev.tailtap.config;

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
    int hourGroups) {

  public boolean embedded() {
    return "embedded".equals(url);
  }

  @Override
  public String toString() {
    return "StoreConfig[embedded=" + embedded() + ", dir=" + dir + ", poolSize=" + poolSize + "]";
  }
}
