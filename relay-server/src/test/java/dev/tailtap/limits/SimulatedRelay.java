package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitsConfig;
import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.limits.SimulatedCall.Fate;
import dev.tailtap.limits.SimulatedCall.Try;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.redis.SharedCounters;
import dev.tailtap.redis.SimulatedAccounts;
import dev.tailtap.redis.SimulatedRedis;
import dev.tailtap.rig.HandLoop;
import dev.tailtap.rig.HandTime;
import dev.tailtap.stats.Gauge;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One life of a relay, as far as its limits go: admission, gate, the client of what is shared and
 * budgets are its own, of one event loop; calls begin and end as it is told.
 */
final class SimulatedRelay {
  private static final Duration PATIENCE = Duration.ofMillis(20);

  private static final double ROUNDING = 0.01; // of a token

  final int life;
  final Stats stats = new Stats();
  final Limits limits;
  final SimulatedRedis.Door door;
  final SimulatedSpending spending;
  final Admission admission;
  final List<SimulatedCall> underWay = new ArrayList<>();
  final List<UsageRecord> rows = new ArrayList<>(); // of calls that have ended
  final List<Change> changes = new ArrayList<>();
  private final HandTime time;
  private final HandLoop loop;
  private final SimulatedQuota quota;
  private final SimulatedRedis redis;
  private final Limiting gate;
  private final Gauge upstream = new Gauge(1_000);
  private final Map<SimulatedCall, Permit> permits = new HashMap<>();
  private final Map<SimulatedQuota.Bucket, double[]> samples =
      new HashMap<>(); // of own buckets: tokens, when
  private final Consumer<String> trouble;
  private final SimulatedClock clock;
  private long asks;
  private long admittedByServer;
  private int room; // claimed, and of no record yet
  private boolean dead;

  /**
   * What one of its own buckets was charged.
   *
   * @param requests of calls that it let in by itself
   */
  record Change(
      long nanos, SimulatedQuota.Bucket bucket, double tokens, int requests, boolean atEnd) {}

  /** Where it lives. */
  record Ground(
      HandTime time,
      SimulatedQuota quota,
      SimulatedRedis redis,
      SimulatedSums sums,
      Random random,
      Consumer<String> trouble) {}

  SimulatedRelay(
      int life, Ground ground, LimitsConfig own, SimulatedJournal journal, SimulatedClock clock) {
    this.life = life;
    this.clock = clock;
    time = ground.time;
    quota = ground.quota;
    redis = ground.redis;
    trouble = ground.trouble;
    loop = time.loop();
    door = redis.door(life);
    SharedCounters counters = door.open(loop, stats, PATIENCE, quota.relays);
    limits = new Limits(stats, HandLimits::nanoDollars, clock, time::nanos);
    limits.use(quota.config);
    limits.share(counters);
    gate = limits.gate(loop);
    admission = new Admission(new Room(), new MemoryAccount(1 << 20, stats));
    admission.limit(own, Map.of("u", upstream));
    spending =
        new SimulatedSpending(
            limits, quota.limits(), journal, ground.sums, time, clock, ground.random, life);
  }

  /** Room for records without end, which is counted. */
  private final class Room implements RecordRoom {
    @Override
    public boolean reserve() {
      room++;
      return true;
    }

    @Override
    public void release() {
      room--;
    }
  }

  /** Nothing of it happens any more, and what was under way is lost. */
  void die() {
    dead = true;
    for (SimulatedCall call : underWay) {
      call.fate = Fate.LOST;
      call.endedNanos = time.nanos();
    }
    underWay.clear();
    time.stop(loop);
    spending.die();
    door.close();
    loop.runTasks();
  }

  boolean dead() {
    return dead;
  }

  /** The time of day that it believes in. */
  Instant wall() {
    return clock.instant();
  }

  // ---- a call ----

  /** A client asks. */
  void arrive(SimulatedCall call, Runnable admitted) {
    admission.admit(
        ClientNetwork.of(InetAddress.getLoopbackAddress()),
        new Admitting.Applicant() {
          @Override
          public void admitted(Permit permit) {
            ask(call, permit, admitted);
          }

          @Override
          public void refused(Refusal why) {
            throw new AssertionError(why);
          }
        });
  }

  private void ask(SimulatedCall call, Permit permit, Runnable admitted) {
    Boolean spent = spending.spent(call.tenant);
    Reservation wanted = gate.open();
    wanted.facets().set(call.tenant, "k", null, "m", "u", "r", call.given);
    call.ask = ++asks;
    gate.admit(
        wanted,
        new Limiting.Applicant() {
          @Override
          public void admitted(Reservation granted) {
            if (!dead) {
              if (Boolean.TRUE.equals(spent)) {
                trouble.accept(call + " was let in beyond its budget");
              }
              permit.under(granted);
              begin(call, permit, admitted);
            }
          }

          @Override
          public void denied(Denial why) {
            if (!dead) {
              if (why.why() == Refusal.BUDGET) {
                asks--; // nobody was asked
                call.ask = -1;
                if (Boolean.FALSE.equals(spent)) {
                  trouble.accept(call + " was refused within its budget");
                }
              }
              call.fate = Fate.REFUSED;
              call.endedNanos = time.nanos();
              permit.close();
            }
          }
        });
  }

  private void begin(SimulatedCall call, Permit permit, Runnable admitted) {
    long before = admittedByServer;
    admittedByServer = stats.value(Metric.SHARED_ASKS, "admitted");
    call.shared = admittedByServer > before;
    call.admittedNanos = time.nanos();
    SimulatedAccounts.Account account = redis.accounts().of(life, call.ask);
    for (SimulatedQuota.Bucket bucket : quota.buckets()) {
      if (bucket.has(call)) {
        note(call, bucket, account);
      }
    }
    permits.put(call, permit);
    call.fate = Fate.UNDER_WAY;
    underWay.add(call);
    if (call.left) {
      end(call);
    } else {
      admitted.run();
    }
  }

  private void note(
      SimulatedCall call, SimulatedQuota.Bucket bucket, SimulatedAccounts.Account account) {
    String limit = bucket.name();
    double taken = sample(bucket);
    call.ownReserved.put(limit, taken);
    changes.add(new Change(time.nanos(), bucket, taken, call.shared ? 0 : 1, false));
    if (call.shared && account != null && account.admitted()) {
      double micros = account.reserved(bucket.tokens);
      call.sharedReserved.put(limit, micros / bucket.microsPerToken());
    }
    if (!call.shared) {
      localPlaces(call, bucket);
    }
  }

  /** A relay by itself holds its part of the places. */
  private void localPlaces(SimulatedCall call, SimulatedQuota.Bucket bucket) {
    int part = bucket.part.streams();
    long inside = underWay.stream().filter(bucket::has).count();
    switch (quota.away()) {
      case LOCAL -> {
        if (inside >= part) {
          trouble.accept(call + " is beyond the " + part + " places of " + bucket);
        }
      }
      case OPEN -> {}
      case CLOSED -> trouble.accept(call + " was let in and nobody was asked");
    }
  }

  /** How much more of its own bucket is in use than time has left of it. */
  private double sample(SimulatedQuota.Bucket bucket) {
    Terms part = bucket.part;
    double used = 0;
    for (LimitState.Held held : limits.states(bucket.name(), 100).get(0).fullest()) {
      if (bucket.tenant == null || bucket.tenant.equals(held.of().get("tenant"))) {
        used = held.tokens().used();
      }
    }
    double[] last = samples.getOrDefault(bucket, new double[2]);
    double rest = Math.max(0, last[0] - (time.nanos() - last[1]) / part.tokenNanos());
    samples.put(bucket, new double[] {used, time.nanos()});
    return used - rest;
  }

  /** Its end, after its tries; without any it has not begun. */
  void end(SimulatedCall call) {
    if (dead || call.fate != Fate.UNDER_WAY) {
      return;
    }
    Permit permit = permits.remove(call);
    underWay.remove(call);
    if (!call.tries.isEmpty() && permit.enter(upstream)) {
      for (int i = 0; i < call.tries.size(); i++) {
        if (i > 0) {
          permit.renew();
        }
        permit.begin();
        room--; // it is the record's
        call.begun = true;
        tried(call, permit, call.tries.get(i));
      }
    }
    call.fate = Fate.ENDED;
    call.endedNanos = time.nanos();
    permit.close();
    for (SimulatedQuota.Bucket bucket : quota.buckets()) {
      if (bucket.has(call)) {
        settled(call, bucket);
      }
    }
  }

  /** Its own bucket has been charged the difference, where it let the call in by itself. */
  private void settled(SimulatedCall call, SimulatedQuota.Bucket bucket) {
    double more = sample(bucket);
    int requests = call.shared || call.begun ? 0 : -1;
    changes.add(new Change(time.nanos(), bucket, more, requests, true));
    double due = call.ownCost(bucket.name()) - call.ownReserved.get(bucket.name());
    boolean empty = samples.get(bucket)[0] == 0;
    boolean less = more < due - ROUNDING && !empty;
    boolean alone = !call.shared && quota.away() == Away.LOCAL && !call.partial();
    if (alone && (less || more > Math.max(due, 0) + ROUNDING)) {
      trouble.accept(
          "%s was charged %.1f more of its relay's %s, not %.1f"
              .formatted(call, more, bucket, due));
    }
  }

  private void tried(SimulatedCall call, Permit permit, Try one) {
    UsageState state = one.partial() ? UsageState.PARTIAL : UsageState.FINAL;
    UsageRecord row =
        HandLimits.record(
            clock.instant(), clock.next(), call.tenant, one.tokens(), one.status(), state);
    permit.charge(row, one.sent());
    spending.ended(row);
    rows.add(row);
  }

  // ---- what has to hold ----

  /** What is still taken although nothing is under way; null: nothing. */
  String leftover() {
    if (room != 0 || admission.all().active() != 0 || upstream.active() != 0) {
      return "of relay %d %d rooms, %d permits and %d places upstream are out"
          .formatted(life, room, admission.all().active(), upstream.active());
    }
    for (LimitConfig limit : quota.limits().values()) {
      for (LimitState.Held held : limits.states(limit.name(), 100).get(0).fullest()) {
        if (held.streams().used() != 0 || held.tokens().used() != 0) {
          return "of relay %d %s holds %s".formatted(life, limit.name(), held);
        }
      }
    }
    return null;
  }
}
