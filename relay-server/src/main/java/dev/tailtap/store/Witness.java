package dev.tailtap.store;

import dev.tailtap.usage.Outcome;
import dev.tailtap.usage.UsageReading;
import dev.tailtap.usage.UsageRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The last row that the database took; a plain one until it took any. Where it refuses other rows,
 * this one is tried again under a new id: if it is refused now as well, the tables have changed and
 * the others are not to blame. The writer's thread.
 */
final class Witness {
  private final UsageInsert insert;
  private UsageRecord row;

  Witness(Instant now, UsageInsert insert) {
    this.insert = insert;
    row = plain(now);
  }

  /**
   * Takes note of rows that went in.
   *
   * @param inserted how many of them were not there before; what was there may be a dead letter
   */
  void saw(List<UsageRecord> rows, int inserted) {
    if (inserted > 0 && inserted == rows.size()) {
      row = rows.get(inserted - 1);
    }
  }

  /**
   * Asks the database; whatever it answers, nothing is written.
   *
   * @throws TablesAtFault if it refuses the row
   */
  void testify(Connection connection) throws SQLException {
    try {
      insert.insert(connection, List.of(under(UUID.randomUUID())));
      connection.rollback();
    } catch (SQLException | RuntimeException failure) {
      Bisection.rollBack(connection, failure);
      if (Trouble.of(failure) == Trouble.ROW) {
        throw new TablesAtFault("rows refused, and now one like the last that was taken", failure);
      }
      throw failure;
    }
  }

  private UsageRecord under(UUID id) {
    return new UsageRecord(
        id,
        row.startedAt(),
        row.endedAt(),
        row.route(),
        row.upstream(),
        row.dialect(),
        row.method(),
        row.path(),
        row.tenant(),
        row.requestModel(),
        row.streamed(),
        row.httpStatus(),
        row.outcome(),
        row.usage(),
        row.requestBytes(),
        row.responseBytes(),
        row.firstByteMs(),
        row.latencyMs(),
        row.error());
  }

  private static UsageRecord plain(Instant now) {
    return new UsageRecord(
        new UUID(0, 0),
        now,
        now,
        "plain",
        "plain",
        "auto",
        "POST",
        "/",
        "plain",
        "plain",
        true,
        200,
        Outcome.COMPLETED,
        UsageReading.NONE,
        0,
        0,
        0L,
        0,
        null);
  }
}
