package dev.tailtap.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once when a relay that came before bears this one's name and goes on under it. Each process
 * keeps a line in {@code tailtap_relay}, by plain transactions, which is what passes a PgBouncer.
 * Processes of one machine and journal are one relay that hands over; one that was told to stop is
 * seen no more. The writer's thread, but for {@link #leave}.
 */
final class NameWatch {
  private static final Logger LOG = LoggerFactory.getLogger(NameWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Path PROC = Path.of("/proc/sys/kernel");

  private static final String SEEN =
      """
      insert into tailtap_relay (instance, process, home) values (?, ?::uuid, ?)
      on conflict (instance, process) do update set seen_at = now()
      """;

  private static final String FORGET =
      "delete from tailtap_relay where seen_at < now() - interval '1 day'";

  /** A minute, because one may take another's place on another machine. */
  private static final String OTHER =
      """
      select o.home from tailtap_relay me join tailtap_relay o on o.instance = me.instance and o.home <> me.home
      where me.instance = ? and me.process = ?::uuid and (o.started_at, o.process) < (me.started_at, me.process)
        and o.seen_at > me.started_at + interval '1 minute' and o.seen_at > now() - interval '1 minute'
      order by o.seen_at desc limit 1
      """;

  private final String instance;
  private final String home;
  private final LongSupplier nanos;
  private final String process = UUID.randomUUID().toString();
  private long due;
  private boolean warned;
  private boolean troubled;
  private volatile boolean left;

  /**
   * Has seen nothing.
   *
   * @param instance the relay's name; empty: it has none that another could have, and nothing is
   *     looked for
   * @param home of {@link #home}
   */
  NameWatch(String instance, String home, LongSupplier nanos) {
    this.instance = instance;
    this.home = home;
    this.nanos = nanos;
    this.due = nanos.getAsLong();
    this.left = instance.isEmpty();
  }

  /** What processes have in common that take each other's place: machine and journal. */
  static String home(Path journal) {
    String boot = kernel("random/boot_id");
    return kernel("hostname")
        + ":"
        + journal.toAbsolutePath().normalize()
        + "#"
        + boot.substring(0, Math.min(8, boot.length()));
  }

  private static String kernel(String file) {
    try {
      return Files.readString(PROC.resolve(file)).strip();
    } catch (IOException unknown) {
      return "";
    }
  }

  boolean due() {
    return !left && nanos.getAsLong() - due >= 0;
  }

  /** From now on another may bear the name. Any thread. */
  void leave() {
    left = true;
  }

  /** Says that this one is here, and looks for another; trouble keeps no row waiting. */
  void look(Connection connection) throws SQLException {
    due = nanos.getAsLong() + INTERVAL.toNanos();
    try {
      UsageInsert.limitTimes(connection);
      String other = other(connection);
      connection.commit();
      troubled = false;
      if (other != null && !warned) {
        warned = true;
        LOG.warn(
            "event=relay_name_taken instance={} other={} reason=\"another relay runs under this name, so rows, sums and Via do not tell them apart: give each a relay.instance of its own\"",
            instance,
            other);
      }
    } catch (SQLException failure) {
      connection.rollback();
      if (!troubled) {
        troubled = true;
        LOG.warn("event=relay_name_unknown reason=\"{}\"", FailureKind.reasonOf(failure));
      }
    }
  }

  private String other(Connection connection) throws SQLException {
    try (PreparedStatement seen = connection.prepareStatement(SEEN)) {
      seen.setString(1, instance);
      seen.setString(2, process);
      seen.setString(3, home);
      seen.executeUpdate();
    }
    try (PreparedStatement forget = connection.prepareStatement(FORGET)) {
      forget.executeUpdate();
    }
    try (PreparedStatement look = connection.prepareStatement(OTHER)) {
      look.setString(1, instance);
      look.setString(2, process);
      try (ResultSet found = look.executeQuery()) {
        return found.next() ? found.getString(1) : null;
      }
    }
  }
}
