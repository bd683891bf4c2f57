package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.TestPostgres;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * An hour of upstreams that fail, recover, slow down and refuse, compressed: many streams at a time
 * through a whole relay. While one upstream could serve, no client sees a failure.
 *
 * <p>Eight changes by default, in which the seed of a build has each of the three fail in each way,
 * and take over from each way and three times in all; {@code -Dtailtap.hour.seconds=3600
 * -Dtailtap.hour.streams=200} for the whole hour, {@code -Dtailtap.hour.seed} for another script,
 * which wants a minute to have all moods.
 */
@Lengthy
class FailoverHourTest {
  private static final int SECONDS = Integer.getInteger("tailtap.hour.seconds", 22);
  private static final int STREAMS = Integer.getInteger("tailtap.hour.streams", 100);
  private static final double STEP_SECONDS = 2.5;
  private static final int GAP_MILLIS = 100;
  private static final int SEED_OF_A_BUILD = 856_345;
  private static final int SEED = Integer.getInteger("tailtap.hour.seed", SEED_OF_A_BUILD);

  @Test
  void noClientSeesAFailureWhileOneUpstreamCouldServe() throws Exception {
    String database = TestPostgres.freshDatabase();
    try (FailoverHour hour = new FailoverHour(SEED, GAP_MILLIS);
        RelayRig relay =
            RelayRig.on(
                database, hour.upstream("a").url(), hour.settings().toArray(String[]::new));
        FailoverClients clients = new FailoverClients(STREAMS, relay.relay()::port)) {
      FailoverHour.last(STEP_SECONDS);
      for (double at = STEP_SECONDS; at < SECONDS; at += STEP_SECONDS) {
        hour.next(clients);
        FailoverHour.last(STEP_SECONDS);
      }
      hour.allBeWell();
      for (String name : FailoverHour.NAMES) {
        clients.awaitMore(1, name); // each comes back
      }
      clients.end();
      assertEquals(List.of(), List.copyOf(clients.failures()), "what clients saw");
      assertEquals(List.of(), hour.strange(), "what upstreams saw");
      settle(relay);
      List<FailoverRow> rows = FailoverRow.read(database, FailoverClients.PREFIX);
      FailoverLaw law = new FailoverLaw(hour.asked(), clients.served(), false);
      law.judge(rows);
      int probes = law.judgeWindows();
      assertEquals(List.of(), law.broken(), "the law");
      assertTrue(probes > 0, "no key stayed limited for longer than it said");
      assertMet(hour, rows);
      relay.awaitMetric("tailtap_usage_records_total{state=\"opened\"} " + (double) rows.size());
      relay.awaitMetric("tailtap_usage_records_total{state=\"committed\"} " + (double) rows.size());
    }
  }

  /** Waits until every record that was opened is in the database. */
  private static void settle(RelayRig relay) throws Exception {
    relay.awaitMetric("tailtap_usage_in_flight 0.0");
    relay.awaitMetric("tailtap_usage_queue_depth 0.0");
  }

  /** The script had every mood, and requests met each. */
  private static void assertMet(FailoverHour hour, List<FailoverRow> rows) {
    assertTrue(SEED != SEED_OF_A_BUILD || hour.eachFailedInEachWay());
    Set<Mood> met = EnumSet.noneOf(Mood.class);
    hour.asked().forEach(each -> met.add(each.mood()));
    met.add(Mood.REFUSING); // which upstreams need not have seen
    assertEquals(EnumSet.allOf(Mood.class), met);
    Set<String> outcomes = new TreeSet<>();
    rows.forEach(row -> outcomes.add(row.outcome()));
    assertEquals(Set.of("completed", "upstream_error", "upstream_reset"), outcomes);
  }
}
