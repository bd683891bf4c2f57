package dev.tailtap.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Finds rows by going back in time, an hour first and ever longer, so that common ones are found at
 * once and the search for rare ones ends after some seconds, where the next may go on.
 */
final class RecordSearch {
  private static final Duration FIRST = Duration.ofHours(1);
  private static final Duration LONGEST = Duration.ofDays(8);

  /** After so long no further span is looked at. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** A span that took this long is no reason for a longer one. */
  private static final Duration QUICK = Duration.ofMillis(300);

  private static final String OLDEST = "select min(started_at) from usage_record";

  private final Clock clock;
  private final LongSupplier nanos;

  RecordSearch(Clock clock, LongSupplier nanos) {
    this.clock = clock;
    this.nanos = nanos;
  }

  /** Reads rows with a condition. */
  interface Reader {
    List<StoredRecord> read(RecordFilter filter, int most) throws SQLException;
  }

  RecordPage find(Connection connection, RecordFilter filter, Reader reader) throws SQLException {
    long start = nanos.getAsLong();
    List<StoredRecord> found = new ArrayList<>();
    RecordFilter rest = filter;
    Instant end = null;
    Duration span = FIRST;
    while (true) {
      Instant to = newest(rest);
      Instant from = to.minus(span);
      if (end != null && !from.isAfter(end)) {
        from = null;
      }
      long began = nanos.getAsLong();
      int most = filter.limit() + 1 - found.size(); // the one tells that there are more
      found.addAll(reader.read(from == null ? rest : rest.since(from), most));
      if (found.size() > filter.limit() || from == null) {
        return page(found, filter.limit());
      }
      if (end == null) {
        end = end(connection, filter);
        if (end == null) {
          return page(found, filter.limit());
        }
      }
      long now = nanos.getAsLong();
      RecordCursor place = RecordCursor.at(from);
      if (now - start > PATIENCE.toNanos()) {
        return new RecordPage(found, place, from);
      }
      rest = filter.from(place);
      span = now - began > QUICK.toNanos() ? span : min(span.multipliedBy(2));
    }
  }

  /** Of what is asked for, when the youngest can be; there is no upper bound for the first. */
  private Instant newest(RecordFilter filter) {
    Instant now = clock.instant();
    Instant newest = filter.until() != null && filter.until().isBefore(now) ? filter.until() : now;
    return filter.before() != null && filter.before().time().isBefore(newest)
        ? filter.before().time()
        : newest;
  }

  /** Before it is no row that is asked for; null: there is no row at all. */
  private static Instant end(Connection connection, RecordFilter filter) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(OLDEST);
        ResultSet row = select.executeQuery()) {
      row.next();
      Timestamp oldest = row.getTimestamp(1);
      if (oldest == null) {
        return null;
      }
      boolean later = filter.since() != null && filter.since().isAfter(oldest.toInstant());
      return later ? filter.since() : oldest.toInstant();
    }
  }

  private static RecordPage page(List<StoredRecord> found, int limit) {
    if (found.size() <= limit) {
      return new RecordPage(found, null, null);
    }
    StoredRecord last = found.get(limit - 1);
    Instant time = Instant.parse((String) last.columns().get("started_at"));
    UUID id = UUID.fromString((String) last.columns().get("id"));
    return new RecordPage(
        List.copyOf(found.subList(0, limit)), new RecordCursor(Micros.of(time), id), null);
  }

  private static Duration min(Duration span) {
    return span.compareTo(LONGEST) < 0 ? span : LONGEST;
  }
}
