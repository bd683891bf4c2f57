package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayRig;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How 200 streams are shared among upstreams that are all well. */
@Lengthy
class FailoverWeightsTest {
  private static final int STREAMS = 200;
  private static final int GAP_MILLIS = 1;
  private static final int ROUNDS = 3;
  private static final List<Integer> WEIGHTS = List.of(5, 3, 2);
  private static final double TWO_PERCENT = 0.02 * STREAMS;

  @ParameterizedTest
  @ValueSource(strings = {"least-pending", "spread"})
  void weightsHoldWithinTwoPercent(String balance) throws Exception {
    try (FailoverHour hour = new FailoverHour(1, GAP_MILLIS)) {
      List<MoodyUpstream.Hold> holds = hour.upstreams().stream().map(MoodyUpstream::hold).toList();
      List<String> settings = hour.settings();
      settings.addAll(List.of("route.hour.upstreams", "a*5 b*3 c*2"));
      settings.addAll(List.of("route.hour.balance", balance));
      try (RelayRig relay =
              new RelayRig(hour.upstream("a").url(), settings.toArray(String[]::new));
          FailoverClients clients = new FailoverClients(STREAMS, relay.relay()::port)) {
        for (int round = 0; round < ROUNDS; round++) {
          awaitHeld(holds);
          for (int i = 0; i < holds.size(); i++) {
            double share = STREAMS * WEIGHTS.get(i) / 10.0;
            assertEquals(share, holds.get(i).count(), TWO_PERCENT, FailoverHour.NAMES.get(i));
          }
          List<MoodyUpstream.Hold> former = holds;
          holds = hour.upstreams().stream().map(MoodyUpstream::hold).toList();
          former.forEach(MoodyUpstream.Hold::release);
        }
        hour.upstreams().forEach(MoodyUpstream::release);
        clients.end();
        assertEquals(List.of(), List.copyOf(clients.failures()));
      }
    }
  }

  /** Waits until each client has a stream. */
  private static void awaitHeld(List<MoodyUpstream.Hold> holds) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (holds.stream().mapToInt(MoodyUpstream.Hold::count).sum() < STREAMS) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not every client has a stream");
      }
      FaultGround.pause(5);
    }
  }
}
