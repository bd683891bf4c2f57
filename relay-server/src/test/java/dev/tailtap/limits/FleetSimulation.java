package dev.tailtap.limits;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.limits.SimulatedCall.Fate;
import dev.tailtap.limits.SimulatedCall.Try;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.redis.SimulatedRedis;
import dev.tailtap.redis.SimulatedRedis.Mood;
import dev.tailtap.rig.HandTime;
import dev.tailtap.stats.Metric;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Some minutes of a fleet, drawn from a seed: several relays share limits by one server and budgets
 * by one database, and any of them fails at any point. In each relay all is its own code, from
 * admission to the bytes that leave for the server and the sums that come back. After each step and
 * at the end must hold:
 *
 * <ol>
 *   <li>Over any window what the server admitted is within the bound of docs/LIMITS.md, but for
 *       what it lost with its data or by its clock; and what a relay let in by itself is within the
 *       bound of its part. Where it is to let nobody in by itself, it lets nobody in.
 *   <li>No more calls are under way than there are places, and each relay's part while something
 *       was away. Each call has its lease, again within a minute whatever was lost, and nobody else
 *       has one for longer than a lease lasts.
 *   <li>Each call was charged what it has cost, once, wherever its relay's connection held from its
 *       admission to its end; of any other no more than twice; and what is told of those that ended
 *       while the server was away is no more than they used.
 *   <li>A budget says, at each moment and to the token, the sums of its last answer and each call
 *       that has ended here and is not in it: once, or twice where a commit was not answered. It
 *       refuses from there on where it is spent, and nobody else.
 *   <li>When all is over nothing is reserved: no place, lease, permit or room, and no bucket holds
 *       anything once its time has passed; and each relay's budgets are the sums, to the token.
 * </ol>
 */
final class FleetSimulation {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final int STEPS = 150;

  private final Random random;
  private final HandTime time = new HandTime();
  private final SimulatedQuota quota;
  private final SimulatedRedis redis;
  private final SimulatedSums sums = new SimulatedSums();
  private final FleetTruth truth;
  private final LimitsConfig own;
  private final Instant start;
  private final List<SimulatedRelay> relays = new ArrayList<>(); // by place; some are dead
  private final List<SimulatedRelay> lives = new ArrayList<>(); // all, by number
  private final List<SimulatedJournal> journals = new ArrayList<>();
  private final List<SimulatedClock> clocks = new ArrayList<>();
  private final List<UsageRecord> lostRows = new ArrayList<>();
  private final List<String> story; // null: it is not told
  private final Map<String, Long> seen;
  private final int misfortune; // of a thousand steps
  private String broken;

  /**
   * Of a seed.
   *
   * @param own of each relay, wide enough
   * @param story gets what happens; null: nobody wants to know
   * @param seen gets how often what was
   */
  FleetSimulation(long seed, LimitsConfig own, List<String> story, Map<String, Long> seen) {
    this.own = own;
    this.story = story;
    this.seen = seen;
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    quota = new SimulatedQuota(random);
    redis = new SimulatedRedis(time, random);
    truth = new FleetTruth(time, quota, redis);
    misfortune = random.nextInt(4) == 0 ? 0 : 30 + random.nextInt(220);
    start = Instant.parse(random.nextInt(4) == 0 ? "2026-03-10T23:58:00Z" : "2026-03-10T12:00:00Z");
    for (int i = 0; i < quota.relays; i++) {
      journals.add(new SimulatedJournal());
      clocks.add(new SimulatedClock(time, start, 1_000_000L * i));
      relays.add(null);
      begin(i);
    }
  }

  private void begin(int place) {
    say("relay %d starts as life %d", place, lives.size());
    SimulatedRelay.Ground ground =
        new SimulatedRelay.Ground(time, quota, redis, sums, random, this::broken);
    SimulatedRelay relay =
        new SimulatedRelay(lives.size(), ground, own, journals.get(place), clocks.get(place));
    relays.set(place, relay);
    lives.add(relay);
  }

  private void broken(String what) {
    broken = broken == null ? what : broken;
    say("BROKEN %s", what);
  }

  private void say(String what, Object... with) {
    if (story != null) {
      String text = String.format(Locale.ROOT, what, with);
      story.add("%,d us  %s".formatted(time.nanos() / 1_000, text));
    }
  }

  /** Lives; what was broken first, null: nothing. */
  String run() {
    time.pass(2 * SECOND); // until all are connected
    for (int step = 0; step < STEPS && broken == null; step++) {
      time.pass(random.nextInt(random.nextInt(25) == 0 ? 20_000 : 1_200) * MS);
      if (random.nextInt(1_000) < misfortune) {
        misfortune();
      } else {
        arrival();
      }
      look();
    }
    if (broken == null) {
      rest();
    }
    notice();
    return broken;
  }

  private void notice() {
    for (SimulatedRelay relay : lives) {
      for (String word : List.of("admitted", "refused", "timeout", "error", "down")) {
        see("ask " + word, relay.stats.value(Metric.SHARED_ASKS, word));
      }
      see("end not told", relay.stats.value(Metric.SHARED_UNSETTLED));
      see("commit not answered", relay.spending.unanswered);
      for (String limit : quota.limits().keySet()) {
        see("budget spent", relay.stats.value(Metric.LIMIT_REFUSED, limit, "budget"));
      }
    }
    see("relay died", lives.size() - relays.size());
    see("row lost", lostRows.size());
    boolean local = quota.away() == Away.LOCAL;
    see(
        "let in by itself",
        truth.calls.stream().filter(c -> local && c.admittedNanos >= 0 && !c.shared).count());
  }

  private void see(String what, long times) {
    seen.merge(what, times, Long::sum);
  }

  private void look() {
    if (broken == null) {
      String found = truth.broken();
      for (SimulatedRelay relay : relays) {
        found = found == null && !relay.dead() ? relay.spending.trouble() : found;
      }
      if (found != null) {
        broken(found);
      }
    }
  }

  // ---- calls ----

  private void arrival() {
    SimulatedRelay relay = relays.get(random.nextInt(relays.size()));
    for (int many = random.nextInt(6) == 0 ? 5 : 1; many > 0 && !relay.dead(); many--) {
      String tenant = SimulatedQuota.TENANTS.get(random.nextInt(4) == 0 ? 1 : 0);
      long given = random.nextBoolean() ? -1 : random.nextInt(6_000);
      SimulatedCall call = new SimulatedCall(relay.life, tenant, given, time.nanos());
      truth.calls.add(call);
      if (random.nextInt(20) == 0) {
        time.in(random.nextInt(10) * MS, () -> call.left = true);
      }
      say("relay %d is asked for %s", relay.life, tenant);
      relay.arrive(call, () -> admitted(relay, call));
      say("so far %s", call);
    }
  }

  private void admitted(SimulatedRelay relay, SimulatedCall call) {
    long millis = random.nextInt(random.nextInt(12) == 0 ? 150_000 : 15_000);
    say("%s is under way for %d ms", call, millis);
    time.in(millis * MS, () -> end(relay, call));
  }

  private void end(SimulatedRelay relay, SimulatedCall call) {
    int tries = random.nextInt(15) == 0 ? 0 : random.nextInt(8) == 0 ? 2 : 1;
    for (int i = 0; i < tries; i++) {
      call.tries.add(tried());
    }
    relay.end(call);
    say("%s ends: %s", call, call.tries);
  }

  private Try tried() {
    long tokens = (long) (800 * Math.exp(random.nextGaussian()));
    return switch (random.nextInt(12)) {
      case 0 -> new Try(null, false, 200, true); // it does not say
      case 1 -> new Try(null, false, 429, true);
      case 2 -> new Try(null, false, 502, false); // it has not left
      case 3 -> new Try(tokens, true, 200, true);
      case 4 -> new Try(tokens * 10, false, 200, true);
      case 5 -> new Try(0L, false, 200, true);
      default -> new Try(tokens, false, 200, true);
    };
  }

  // ---- misfortunes ----

  private void misfortune() {
    long millis = random.nextInt(random.nextInt(6) == 0 ? 110_000 : 6_000);
    SimulatedRelay relay = relays.get(random.nextInt(relays.size()));
    switch (random.nextInt(10)) {
      case 0 -> server(Mood.FROZEN, millis);
      case 1 -> server(Mood.DEAD, millis);
      case 2 -> {
        truth.lose();
        redis.lose();
        server(random.nextBoolean() ? Mood.DEAD : Mood.WELL, millis);
      }
      case 3 -> server(Mood.REPLICA, millis);
      case 4 -> jumpOfServer();
      case 5 -> {
        say("relay %d is far for %d ms", relay.life, millis);
        truth.trouble(millis * MS);
        lapseAfter(millis);
        relay.door.far(millis * MS);
      }
      case 6 -> {
        say("relay %d is slow for %d ms, and its connections are lost", relay.life, millis);
        truth.trouble(millis * MS);
        relay.door.slow(60 * MS);
        time.in(millis * MS, () -> relay.door.slow(MS));
        relay.door.cut();
      }
      case 7 -> crash(random.nextInt(relays.size()), millis);
      case 8 -> {
        say("the database is away for %d ms", millis);
        sums.away = true;
        time.in(millis * MS, () -> sums.away = false);
      }
      default -> jumpOfRelay(random.nextInt(relays.size()));
    }
  }

  private void server(Mood mood, long millis) {
    say("the server is %s for %d ms", mood, millis);
    truth.trouble(millis * MS);
    lapseAfter(millis);
    redis.be(mood);
    time.in(millis * MS, () -> redis.be(Mood.WELL));
  }

  private void lapseAfter(long millis) {
    if (millis > 20_000) {
      truth.lapse();
    }
  }

  private void jumpOfServer() {
    double micros = (random.nextBoolean() ? 1e6 : -1e6) * random.nextInt(300);
    say("the server's clock jumps by %.0f s", micros / 1e6);
    truth.trouble(0);
    truth.jump(micros);
    redis.jump(micros);
  }

  private void jumpOfRelay(int place) {
    long millis = (random.nextBoolean() ? 1 : -1) * (long) random.nextInt(120_000);
    say("the clock of relay %d jumps by %d ms", relays.get(place).life, millis);
    if (clocks.get(place).jump(millis)) {
      relays.get(place).spending.uncertain();
    }
  }

  private void crash(int place, long millis) {
    SimulatedRelay relay = relays.get(place);
    if (!relay.dead()) {
      say("relay %d dies", relay.life);
      truth.trouble(0);
      relay.die();
      long forced = time.nanos() - random.nextInt(20) * MS;
      lostRows.addAll(
          journals.get(place).crash(forced).stream().filter(row -> !sums.has(row)).toList());
      time.in(millis * MS, () -> begin(place));
    }
  }

  // ---- the end ----

  private void rest() {
    say("all is well from here on");
    time.pass(120 * SECOND); // until each misfortune is over
    time.pass(160 * SECOND); // and each call
    look();
    if (truth.calls.stream().anyMatch(call -> call.fate == Fate.UNDER_WAY)) {
      broken("calls go on for ever");
    }
    String found = rows();
    for (SimulatedRelay relay : relays) {
      found = found == null ? relay.spending.atRest() : found;
      relay.spending.die();
    }
    time.pass(4_000 * SECOND); // longer than a debt can be
    found = found == null ? truth.brokenAtRest(lives) : found;
    for (SimulatedRelay relay : relays) {
      found = found == null ? relay.leftover() : found;
    }
    lives.stream().filter(relay -> !relay.dead()).forEach(SimulatedRelay::die);
    found = found == null && redis.bufferBytes() != 0 ? "buffers are not released" : found;
    if (found != null) {
      broken(found);
    }
  }

  /** Each row is among the sums, but for those that died with their relay. */
  private String rows() {
    for (SimulatedRelay relay : lives) {
      for (UsageRecord row : relay.rows) {
        if (sums.has(row) == lostRows.contains(row)) {
          return "a row of relay " + relay.life + " is lost";
        }
      }
    }
    return null;
  }
}
