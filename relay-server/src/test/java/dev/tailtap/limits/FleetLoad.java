package dev.tailtap.limits;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.limits.SimulatedCall.Fate;
import dev.tailtap.limits.SimulatedCall.Try;
import dev.tailtap.redis.SimulatedRedis;
import dev.tailtap.rig.HandTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** An hour of a fleet all of whose clients want more than the limit of them all. */
final class FleetLoad {
  static final double TOKENS = 600_000; // a minute
  private static final long MS = 1_000_000;
  private static final int CLIENTS = 60;

  private final Random random;
  private final HandTime time = new HandTime();
  private final List<SimulatedRelay> relays = new ArrayList<>();
  private final long end;
  private double used;
  private String broken;

  FleetLoad(long seed, LimitsConfig own) {
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    int count = 2 + random.nextInt(3);
    SimulatedQuota quota =
        new SimulatedQuota(
            count,
            List.of(
                "limit.a.tokens",
                "600k/m",
                "limit.a.streams",
                "200",
                "limit.a.budget",
                "1G tokens/day"));
    SimulatedRelay.Ground ground =
        new SimulatedRelay.Ground(
            time,
            quota,
            new SimulatedRedis(time, random),
            new SimulatedSums(),
            random,
            this::broken);
    for (int i = 0; i < count; i++) {
      SimulatedClock clock =
          new SimulatedClock(time, Instant.parse("2026-03-10T12:00:00Z"), 1_000_000L * i);
      relays.add(new SimulatedRelay(i, ground, own, new SimulatedJournal(), clock));
    }
    end = time.nanos() + 3_600_000 * MS;
  }

  private void broken(String what) {
    broken = what;
  }

  /** Lives; what went wrong, null: nothing. */
  String run() {
    time.pass(2_000 * MS); // until all are connected
    long begin = time.nanos();
    for (int i = 0; i < CLIENTS; i++) {
      SimulatedRelay relay = relays.get(random.nextInt(relays.size()));
      time.in(random.nextInt(2_000) * MS, () -> want(relay));
    }
    time.pass(end - begin);
    time.pass(60_000 * MS);
    relays.forEach(SimulatedRelay::die);
    return broken;
  }

  /** What the calls used that were admitted, to what the limit brings in that time. */
  double part() {
    return used / (TOKENS * 60);
  }

  private void want(SimulatedRelay relay) {
    if (time.nanos() < end) {
      SimulatedCall call = new SimulatedCall(relay.life, "t1", -1, time.nanos());
      relay.arrive(call, () -> admitted(relay, call));
      time.in(100 * MS, () -> again(relay, call));
    }
  }

  /** Who was refused asks once more; by then it was answered. */
  private void again(SimulatedRelay relay, SimulatedCall call) {
    if (call.fate == Fate.REFUSED) {
      time.in((900 + random.nextInt(2_000)) * MS, () -> want(relay));
    }
  }

  private void admitted(SimulatedRelay relay, SimulatedCall call) {
    long tokens = (long) (4_000 * Math.exp(random.nextGaussian() * 0.8));
    used += tokens;
    time.in((1_000 + random.nextInt(15_000)) * MS, () -> over(relay, call, tokens));
  }

  private void over(SimulatedRelay relay, SimulatedCall call, long tokens) {
    call.tries.add(new Try(tokens, false, 200, true));
    relay.end(call);
    want(relay);
  }
}
