package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.fault.MoodyUpstream.Asked;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayRig;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Traffic moves off an upstream that is gone within its first failures, and back with one probe.
 *
 * <p>{@code -Dtailtap.hour.plot=FILE} draws which upstream served how much, second by second, and
 * {@code -Dtailtap.hour.calm=SECONDS} is how long each stretch of it lasts, {@code
 * -Dtailtap.hour.gap=60} the pause between two events of a stream in milliseconds.
 */
@Lengthy
class FailoverSharesTest {
  private static final int STREAMS = 200;
  private static final int GAP_MILLIS = Integer.getInteger("tailtap.hour.gap", 100);
  private static final double CALM_SECONDS = Integer.getInteger("tailtap.hour.calm", 2);

  /** Less than the shortest time that an upstream is out. */
  private static final long OUT_NANOS = TimeUnit.SECONDS.toNanos(9);

  private long began;
  private final SharesPlot plot = new SharesPlot();

  @Test
  void trafficMovesOffADeadUpstreamAndBackWithOneProbe() throws Exception {
    try (FailoverHour hour = new FailoverHour(1, GAP_MILLIS);
        RelayRig relay =
            new RelayRig(hour.upstream("a").url(), hour.settings().toArray(String[]::new));
        FailoverClients clients = new FailoverClients(STREAMS, relay.relay()::port)) {
      clients.awaitMore(STREAMS, null); // the start is slow
      began = System.nanoTime();
      FailoverHour.last(CALM_SECONDS);
      MoodyUpstream dying = hour.upstream("a");
      dying.be(Mood.REFUSING);
      plot.event(seconds(), "a is gone");
      awaitOut(relay);
      long out = System.nanoTime();
      clients.awaitAllSentSinceNow(); // who was on the way there has come elsewhere
      int failed = failed(relay);
      FailoverHour.last(2 * CALM_SECONDS);
      int probes = failed(relay) - failed;
      long most = (System.nanoTime() - out) / OUT_NANOS;
      assertTrue(probes <= most, probes + " probes, where " + most + " may be");
      long back = System.nanoTime();
      dying.be(Mood.WELL);
      plot.event(seconds(), "a is back");
      clients.awaitMore(1, "a");
      FailoverHour.last(2 * CALM_SECONDS);
      clients.end();
      assertEquals(List.of(), List.copyOf(clients.failures()), "what clients saw");
      assertOneProbe(dying, back);
      draw(hour);
    }
  }

  /** It was asked by one, and by others only once that one was answered. */
  private void assertOneProbe(MoodyUpstream upstream, long back) {
    List<Asked> since =
        upstream.asked().stream()
            .filter(each -> each.beganNanos() > back)
            .sorted(Comparator.comparingLong(Asked::beganNanos))
            .toList();
    assertTrue(since.size() > 1, "it is not asked again");
    assertTrue(since.get(1).beganNanos() > since.get(0).answeredNanos(), "two probed it: " + since);
    plot.event((since.get(0).beganNanos() - began) / 1e9, "its probe");
  }

  private static void awaitOut(RelayRig relay) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!relay.admin("/upstreams").contains("\"out\"")) {
      assertTrue(System.nanoTime() < deadline, "it is not out");
      FaultGround.pause(5);
    }
  }

  /** Tries that did not reach the upstream. */
  private static int failed(RelayRig relay) throws Exception {
    return (int)
        AdminTruth.value(relay.admin("/metrics"), "attempts_total{upstream=\"a\",why=\"unsent\"}");
  }

  private double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  private void draw(FailoverHour hour) throws Exception {
    String file = System.getProperty("tailtap.hour.plot");
    if (file != null) {
      for (Asked each : hour.asked()) {
        plot.count(each.upstream(), (each.beganNanos() - began) / 1e9);
      }
      plot.write(file);
    }
  }
}
