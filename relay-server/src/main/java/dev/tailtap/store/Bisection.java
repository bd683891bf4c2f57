package dev.tailtap.store;

import dev.tailtap.record.UsageRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Writes a batch that holds rows which the database refuses: halves it until each of them stands
 * alone. Everything else is committed on the way. More of them than allowed are not bad rows but a
 * bad schema: {@link SchemaFaultException}. The writer's thread.
 */
final class Bisection {
  /** A row and why the database would not have it. */
  record Refused(UsageRecord record, Exception reason) {}

  private final Connection connection;
  private final UsageInsert insert;
  private final int allowed;
  private final CanaryRow canary;
  private final List<Refused> refused = new ArrayList<>();

  Bisection(Connection connection, UsageInsert insert, int allowed, CanaryRow canary) {
    this.connection = connection;
    this.insert = insert;
    this.allowed = allowed;
    this.canary = canary;
  }

  /** Writes what can be written; returns how many rows were not there before. */
  int run(List<UsageRecord> batch) throws SQLException {
    int inserted = 0;
    Deque<List<UsageRecord>> left = new ArrayDeque<>();
    split(batch, left);
    while (!left.isEmpty()) {
      List<UsageRecord> part = left.pop();
      try {
        int fresh = insert.write(connection, part);
        canary.saw(part, fresh);
        inserted += fresh;
      } catch (SQLException | RuntimeException failure) {
        Database.rollBack(connection, failure);
        if (FailureKind.of(failure) != FailureKind.ROW) {
          throw failure;
        }
        if (part.size() > 1) {
          split(part, left);
        } else {
          refuse(part.get(0), failure);
        }
      }
    }
    return inserted;
  }

  /** Tries the refused rows once more; returns how many were not there before. */
  int again() throws SQLException {
    List<UsageRecord> rows = refused.stream().map(Refused::record).toList();
    refused.clear();
    return run(rows);
  }

  List<Refused> refused() {
    return refused;
  }

  private void refuse(UsageRecord record, Exception reason) {
    refused.add(new Refused(record, reason));
    if (refused.size() > allowed) {
      throw new SchemaFaultException("too many rows of one batch refused, the last", reason);
    }
  }

  private static void split(List<UsageRecord> part, Deque<List<UsageRecord>> left) {
    int middle = part.size() / 2;
    left.push(part.subList(middle, part.size()));
    if (middle > 0) {
      left.push(part.subList(0, middle));
    }
  }
}
