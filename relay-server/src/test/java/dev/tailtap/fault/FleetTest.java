package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.PgBouncer;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.rig.Rule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three relays under limits that they share, while one of them and their Redis are killed and
 * frozen: what they let in is within the bound, nobody is answered 500, and whatever was let in is
 * in the figures. Each test has a tenant of its own.
 */
@Lengthy
class FleetTest {
  private static final String ANSWERED_BY_MANY = "select count(distinct relay) from usage_record";
  private static final String LEASE_MICROS = "100000000"; // for which a lease holds by itself
  private static final String LIVE =
      """
      local now = redis.call('TIME')
      now = (now[1] - 1767225600) * 1000000 + now[2]
      return redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf')""";
  private static final String AGE =
      """
      for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
        redis.call('ZINCRBY', KEYS[1], '-' .. ARGV[1], id)
      end
      return 0""";

  private static final int STREAMS = 6;

  // So little that a machine that is busy asks for more, too: first for more requests than there
  // are, and, as calls take more tokens than come, then for more tokens.
  private static final int REQUESTS_BURST = 10;
  private static final int REQUESTS_PER_SECOND = 4;
  private static final int TOKENS_BURST = 1_500;
  private static final int TOKENS_PER_SECOND = 200;

  private static final int STORM_BURST = 12;
  private static final int STORM_PER_SECOND = 4;

  private static final List<String> LIMITS =
      List.of(
          "limit.alone.match=tenant:alone",
          "limit.alone.requests=10/h",
          "limit.alone.requests-burst=9",
          "limit.load.match=tenant:load",
          "limit.load.requests=" + REQUESTS_PER_SECOND + "/s",
          "limit.load.requests-burst=" + REQUESTS_BURST,
          "limit.load.tokens=" + TOKENS_PER_SECOND + "/s",
          "limit.load.tokens-burst=" + TOKENS_BURST,
          "limit.load.streams=" + STREAMS,
          "limit.load.budget=100M tokens/month",
          "limit.leases.match=tenant:leases",
          "limit.leases.streams=" + STREAMS,
          "limit.storm.match=tenant:storm",
          "limit.storm.requests=" + STORM_PER_SECOND + "/s",
          "limit.storm.requests-burst=" + STORM_BURST,
          "limit.storm.tokens=1M/s",
          "limit.storm.streams=50",
          "limit.storm.budget=100M tokens/month",
          "limit.spent.match=tenant:spent",
          "limit.spent.budget=300 tokens/month");

  /** A stream that has begun. */
  private record Held(RawClient client, RawClient.Answer head) {}

  @TempDir private static Path dir;
  private static Fleet fleet;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
    assumeTrue(PgBouncer.installed(), "skipped: pgbouncer missing");
    fleet = new Fleet(dir, List.of("alone", "load", "leases", "storm", "spent"), LIMITS);
  }

  @AfterAll
  static void stop() throws Exception {
    if (fleet != null) {
      fleet.close();
      assertEquals(Set.of(), fleet.provider.strange());
    }
  }

  @Test
  void oneRelayMayUseAllOfALimitAndTheOthersThenNothing() throws Exception {
    for (int call = 0; call < 9; call++) {
      assertEquals("200", fleet.asked(0, "alone"), "call " + call);
    }
    for (int relay = 0; relay < Fleet.SIZE; relay++) {
      assertEquals("429 requests_limit", fleet.asked(relay, "alone"));
    }
    assertFigures("alone");
  }

  @Test
  @Rule(
      value = "In t, a bucket is charged burst + rate·t + n·max(0, C - r) at most",
      source = "docs/LIMITS.md")
  void whatAllLetInTogetherIsWithinTheBound() throws Exception {
    long began = System.nanoTime();
    CountingProvider.Asked asked = fleet.provider.of("load");
    List<Held> held = new ArrayList<>();
    for (int place = 0; place < STREAMS; place++) {
      held.add(streaming(place % Fleet.SIZE, "load"));
    }
    for (int relay = 0; relay < Fleet.SIZE; relay++) {
      assertEquals("429 streams_limit", fleet.asked(relay, "load"));
    }
    end(asked, held);
    try (FleetLoad load = new FleetLoad(fleet, "load", 4)) {
      load.awaitSaid("429 requests_limit");
      load.awaitSaid("429 tokens_limit");
      load.awaitServed(4);
      load.end();
      assertTrue(load.sound(), load::toString);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    String seen = asked.calls() + " calls, " + asked.tokens() + " tokens in " + seconds + " s";
    assertTrue(asked.calls() <= REQUESTS_BURST + REQUESTS_PER_SECOND * seconds, seen);
    int overshoot = STREAMS * (CountingProvider.MOST_TOKENS - CountingProvider.LEAST_TOKENS);
    assertTrue(asked.tokens() <= TOKENS_BURST + TOKENS_PER_SECOND * seconds + overshoot, seen);
    assertEquals(STREAMS, asked.mostRunning());
    assertFigures("load");
    assertBudget("load");
    assertEquals("3", fleet.ask(ANSWERED_BY_MANY + " where tenant = 'load'"));
  }

  @Test
  @Rule(
      value = "A relay that is killed holds no place for longer than 100 s; those of others stay",
      source = "docs/LIMITS.md")
  void thePlacesOfAKilledRelayComeBackAndNoOthers() throws Exception {
    List<Held> held = new ArrayList<>();
    for (int relay : new int[] {0, 0, 0, 1, 1, 2}) {
      held.add(streaming(relay, "leases"));
    }
    assertEquals("429 streams_limit", fleet.asked(1, "leases"));
    fleet.kill(0);
    assertEquals("429 streams_limit", fleet.asked(1, "leases"), "its leases hold for a while");
    String bucket = fleet.redis.say("KEYS", "{tailtap}leases/*");
    assertEquals(":" + STREAMS, fleet.redis.say("EVAL", LIVE, "1", bucket));
    fleet.redis.say("EVAL", AGE, "1", bucket, LEASE_MICROS);
    assertEquals(":0", fleet.redis.say("EVAL", LIVE, "1", bucket));
    fleet.redis.say("CLIENT", "KILL", "TYPE", "normal"); // who connects anew renews what it holds
    Fleet.await(
        "leases of streams that run",
        () -> fleet.redis.say("EVAL", LIVE, "1", bucket).equals(":3"));
    fleet.awaitShared(true);
    for (int place = 0; place < 3; place++) {
      held.add(streaming(1 + place % 2, "leases"));
    }
    assertEquals("429 streams_limit", fleet.asked(1, "leases"));
    assertEquals("429 streams_limit", fleet.asked(2, "leases"));
    fleet.start(0);
    fleet.awaitShared(true);
    assertEquals("429 streams_limit", fleet.asked(0, "leases"));
    end(fleet.provider.of("leases"), held);
    for (int relay = 0; relay < Fleet.SIZE; relay++) {
      int at = relay;
      Fleet.await("a place at relay " + at, () -> fleet.asked(at, "leases").equals("200"));
    }
    assertFigures("leases");
    String cut = "select count(*) from usage_record where tenant = 'leases' and outcome = ";
    assertEquals("3", fleet.ask(cut + "'interrupted' and relay = 'relay-0'"));
  }

  @Test
  @Rule(
      value = "While what relays share is away, each holds its part; no call is answered 500",
      source = "docs/LIMITS.md")
  void aRedisThatIsKilledAndFrozenCostsNobodyAnAnswerNorACount() throws Exception {
    CountingProvider.Asked asked = fleet.provider.of("storm");
    try (FleetLoad load = new FleetLoad(fleet, "storm", 2)) {
      load.awaitServed(5);
      fleet.redis.kill();
      fleet.awaitShared(false);
      load.awaitServed(3);
      fleet.redis.start();
      fleet.awaitShared(true);
      load.awaitServed(3);
      fleet.redis.freeze();
      fleet.awaitShared(false);
      load.awaitServed(3);
      fleet.redis.thaw();
      fleet.awaitShared(true);
      load.awaitServed(3);
      load.awaitSaid("429 requests_limit");
      load.end();
      assertTrue(load.sound(), load::toString);
      assertEquals(asked.calls(), load.served(), load::toString);
      // Of a full bucket there were three: of Redis, of the one that began anew, of the relays'
      // own.
      double most = 3 * STORM_BURST + 2 * STORM_PER_SECOND * load.seconds();
      assertTrue(load.served() <= most, load::toString);
    } finally {
      fleet.redis.thaw();
    }
    assertFigures("storm");
    assertBudget("storm");
  }

  @Test
  void aBudgetThatIsSpentAtOneRelayIsSpentAtAll() throws Exception {
    Fleet.await("a spent budget", () -> fleet.asked(0, "spent").equals("429 budget"));
    for (int relay = 1; relay < Fleet.SIZE; relay++) {
      int at = relay;
      Fleet.await("the same at " + at, () -> fleet.asked(at, "spent").equals("429 budget"));
    }
    assertFigures("spent");
    assertBudget("spent");
  }

  /** A stream that has begun and is held by the provider. */
  private static Held streaming(int relay, String tenant) throws Exception {
    RawClient client = fleet.client(relay);
    RawClient.Answer head = client.send(fleet.request(tenant, ",\"stream\":true")).head();
    assertEquals(200, head.status());
    return new Held(client, head);
  }

  /** Lets held streams end, and their clients read what comes. */
  private static void end(CountingProvider.Asked asked, List<Held> held) throws Exception {
    asked.letGo();
    for (Held each : held) {
      each.client.rest(each.head);
      each.client.close();
    }
  }

  /** Each call that the provider saw has a row, and the sums are those of the rows. */
  private static void assertFigures(String tenant) throws Exception {
    String where = " where tenant = '" + tenant + "'";
    String calls = Integer.toString(fleet.provider.of(tenant).calls());
    Fleet.await(
        calls + " rows of " + tenant,
        () -> fleet.ask("select count(*) from usage_record" + where).equals(calls));
    assertEquals(
        fleet.ask("select count(*) || ' ' || sum(total_tokens) from usage_record" + where),
        fleet.ask("select sum(calls) || ' ' || sum(total_tokens) from usage_hour" + where));
  }

  /** What the provider has charged is what rows say, and what each relay says was used. */
  private static void assertBudget(String tenant) throws Exception {
    long tokens = fleet.provider.of(tenant).tokens();
    assertEquals(
        Long.toString(tokens),
        fleet.ask("select sum(total_tokens) from usage_record where tenant = '" + tenant + "'"));
    for (int relay = 0; relay < Fleet.SIZE; relay++) {
      fleet.awaitSpent(relay, tenant, tokens);
    }
  }
}
