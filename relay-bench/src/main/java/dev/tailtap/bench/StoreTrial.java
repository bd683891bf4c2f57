package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How soon a relay is ready (its database aside), and how soon a stream's end is a row. */
final class StoreTrial {
  private final Session session;

  StoreTrial(Session session) {
    this.session = session;
  }

  /**
   * From the launcher's start to 200 from {@code /readyz}, in nanoseconds. The first start makes
   * the tables, which is the database's time, and is not counted.
   */
  Spread startUp() {
    List<Double> times = new ArrayList<>();
    if (session.options().starts() == 0) {
      return Spread.of(times);
    }
    Subject relay = session.fresh(Subjects.EPOLL, Setup.PLAIN);
    for (int i = 0; i < session.options().starts(); i++) {
      relay.close();
      long began = System.nanoTime();
      relay = session.again(relay);
      double time = System.nanoTime() - began;
      times.add(time);
      session.print("%s ready after %.0f ms".formatted(relay.name(), time / 1e6));
    }
    relay.close();
    return Spread.of(times);
  }

  /** From the last byte at the client to the row that a query sees, in nanoseconds. */
  Spread rowDelay(Subject relay) {
    List<Double> times = new ArrayList<>();
    LoadPlan one = session.options().oneStream();
    try (Connection connection = session.postgres().connect(relay.database());
        PreparedStatement count =
            connection.prepareStatement("select count(*) from usage_record")) {
      for (int i = 0; i < session.options().rowDelays(); i++) {
        long before = rows(count);
        session.tryOut(relay, one);
        long ended = System.nanoTime();
        while (rows(count) == before && System.nanoTime() - ended < TimeUnit.SECONDS.toNanos(10)) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        times.add((double) (System.nanoTime() - ended));
      }
    } catch (SQLException e) {
      throw new BenchException("the rows cannot be read: " + e.getMessage(), e);
    }
    return Spread.of(times);
  }

  private static long rows(PreparedStatement count) throws SQLException {
    try (ResultSet row = count.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }
}
