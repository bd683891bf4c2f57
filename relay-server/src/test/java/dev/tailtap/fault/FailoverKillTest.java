package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The relay as a process that is killed between the tries of its calls: each try of which a byte
 * left has exactly one row afterwards.
 *
 * <p>{@code -Dtailtap.fault.rounds=100} kills it so often, {@code -Dtailtap.hour.gap=5} is the
 * pause between two events of a stream in milliseconds.
 */
@Lengthy
class FailoverKillTest {
  private static final int CLIENTS = 40;
  private static final int GAP_MILLIS = Integer.getInteger("tailtap.hour.gap", 20);

  /** Where a kill finds the calls. */
  private enum Moment {
    AFTER_A_FAILED_TRY,
    IN_A_FURTHER_TRY,
    ANY
  }

  private final String database = TestPostgres.freshDatabase();
  private final Random random = new Random(7);
  private volatile int port; // of the relay at present; 0: there is none

  @TempDir private Path dir;

  @Test
  void eachTryHasItsRowHoweverOftenTheRelayIsKilledBetweenThem() throws Exception {
    try (FailoverHour hour = new FailoverHour(1, GAP_MILLIS);
        FailoverClients clients = new FailoverClients(CLIENTS, () -> port)) {
      for (int round = 0; round < Math.max(3, FaultGround.ROUNDS); round++) {
        hour.upstream("a").be(Mood.BUSY);
        hour.upstream("b").be(round % 2 == 0 ? Mood.RESETTING : Mood.LIMITED);
        try (RelayProcess relay = start(hour)) {
          await(List.of(Moment.values()).get(round % 3), hour);
          port = 0;
          relay.signal("KILL");
          relay.exit();
        }
        hour.upstreams().forEach(MoodyUpstream::release);
      }
      hour.allBeWell();
      String before = FrailPostgres.ask(database, "select clock_timestamp()");
      try (RelayProcess relay = start(hour)) {
        clients.awaitMore(5 * CLIENTS, null);
        clients.end();
        settle(relay);
        judge(hour, clients);
        String since = "select count(*) from usage_record where started_at >= '" + before + "'";
        assertEquals(
            Integer.parseInt(FrailPostgres.ask(database, since)),
            metric(relay, "usage_records_total{state=\"opened\"}"),
            "opened, and committed");
        assertEquals(0, metric(relay, "usage_records_total{state=\"dead_letter\"}"));
      }
    }
  }

  private void judge(FailoverHour hour, FailoverClients clients) throws Exception {
    assertEquals(List.of(), hour.strange(), "what upstreams saw");
    List<FailoverRow> rows = FailoverRow.read(database, FailoverClients.PREFIX);
    FailoverLaw law = new FailoverLaw(hour.asked(), clients.served(), true);
    law.judge(rows);
    assertEquals(List.of(), law.broken(), "the law");
    assertTrue(rows.stream().anyMatch(row -> row.outcome().equals("interrupted")), "none cut");
    assertTrue(
        rows.stream().anyMatch(row -> row.outcome().equals("interrupted") && row.attempt() > 1),
        "no further try was cut");
    String sums =
        "select (select count(*) from usage_record) = (select sum(calls) from usage_hour)";
    assertEquals("t", FrailPostgres.ask(database, sums));
  }

  /** Waits until calls are there. */
  private void await(Moment moment, FailoverHour hour) throws InterruptedException {
    switch (moment) {
      case AFTER_A_FAILED_TRY -> hour.upstream("a").hold().await(1);
      case IN_A_FURTHER_TRY -> hour.upstream("c").hold().await(CLIENTS); // most of them
      case ANY -> FaultGround.pause(random.nextInt(1_500));
    }
  }

  private static void settle(RelayProcess relay) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (metric(relay, "usage_queue_depth") + metric(relay, "usage_in_flight") > 0) {
      assertTrue(System.nanoTime() < deadline, "rows still wait");
      FaultGround.pause(20);
    }
  }

  private static int metric(RelayProcess relay, String name) throws Exception {
    return (int) AdminTruth.value(AdminTruth.get(relay.adminPort(), "/metrics").body(), name);
  }

  private RelayProcess start(FailoverHour hour) throws Exception {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "relay.listen=127.0.0.1:0",
                "relay.loops=2",
                "admin.listen=127.0.0.1:0",
                "usage.settle-timeout=1m",
                "journal.dir=" + dir.resolve("journal"),
                "store.url=" + database));
    List<String> settings = hour.settings();
    for (int i = 0; i < settings.size(); i += 2) {
      lines.add(settings.get(i) + "=" + settings.get(i + 1));
    }
    Path config = Files.write(dir.resolve("relay.properties"), lines);
    RelayProcess relay = new RelayProcess(dir, "serve", config.toString());
    port = relay.port();
    return relay;
  }
}
