package dev.tailtap.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.redis.CountersRig.Answer.Admitted;
import dev.tailtap.redis.CountersRig.Answer.Refused;
import dev.tailtap.rig.NoLeaks;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.stats.Metric;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What buckets of a real server promise, under a clock that the test drives. */
@ExtendWith(NoLeaks.class)
class CounterRulesTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MICROS = 1_000_000L; // of a second

  /** Ten a second, five at once. */
  private static final Claim REQUESTS = Claim.requests("r", SECOND / 10.0, SECOND / 2);

  /** A thousand a second, of which it holds so many as come in ten; debts of a minute. */
  private static final Claim TOKENS =
      Claim.tokens("t", 1e6, 10 * SECOND, 60 * SECOND, Claim.Reserve.MEAN);

  private static final Claim STREAMS = Claim.streams("s", 2);
  private static final Claim STREAMS_OF_OTHERS = Claim.streams("other", 1);

  @TempDir private Path dir;
  private RedisServer server;
  private CountersRig rig;
  private long now = 30_000_000 * MICROS;
  private int calls;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
    server = new RedisServer(dir);
    rig = new CountersRig("redis://127.0.0.1:" + server.port(), CountersRig.DRIVEN).up();
    pass(0);
  }

  @AfterEach
  void stop() {
    if (rig != null) {
      rig.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aRefusedRequestChangesNothing() throws IOException {
    List<Grant> streams = List.of(granted(STREAMS), granted(STREAMS));
    granted(REQUESTS);
    rig.settle(granted(TOKENS), 700);
    String before = everything();
    assertEquals(new Refused(2, MICROS), admit(REQUESTS, TOKENS, STREAMS));
    assertEquals(before, everything());
    streams.forEach(each -> rig.settle(each, 0));
    assertInstanceOf(Admitted.class, admit(REQUESTS, TOKENS, STREAMS));
  }

  @Test
  void noWindowHasMoreRequestsThanItsRateAndOneBurst() throws IOException {
    Random random = new Random(20);
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      pass(random.nextInt(60_000));
      if (admit(REQUESTS) instanceof Admitted) {
        times.add(now);
      }
    }
    for (int first = 0; first < times.size(); first++) {
      for (int last = first; last < times.size(); last++) {
        double most = (times.get(last) - times.get(first)) / 100_000.0 + 5;
        assertTrue(last - first + 1 <= most + 0.001, first + " to " + last);
      }
    }
    assertTrue(times.size() >= (times.get(times.size() - 1) - times.get(0)) / 101_000, "used up");
  }

  @Test
  void aClockSetBackLocksNobodyOutForLongerThanBefore() throws IOException {
    Refused before = assertInstanceOf(Refused.class, emptied());
    pass(-86_400 * MICROS);
    assertEquals(before, admit(REQUESTS));
    pass(before.retryMicros());
    assertInstanceOf(Admitted.class, admit(REQUESTS));
  }

  @Test
  void aClockSetForwardGivesOneBurst() throws IOException {
    emptied();
    pass(86_400 * MICROS);
    assertEquals(5, untilRefused());
    pass(-86_400 * MICROS);
    assertEquals(0, untilRefused());
  }

  @Test
  void leasesFromBeforeAClockWasSetBackEndInTheirTime() throws IOException {
    granted(STREAMS);
    granted(STREAMS);
    pass(-86_400 * MICROS);
    assertInstanceOf(Refused.class, admit(STREAMS));
    pass(Leases.MILLIS * 1_000L + 1);
    assertInstanceOf(Admitted.class, admit(STREAMS));
  }

  @Test
  void aLeaseThatNobodyRenewsEnds() throws IOException {
    granted(STREAMS);
    granted(STREAMS);
    pass(Leases.MILLIS * 1_000L - 1);
    assertInstanceOf(Refused.class, admit(STREAMS));
    pass(1);
    assertInstanceOf(Admitted.class, admit(STREAMS));
  }

  @Test
  void aDebtIsKeptToTheTokenAndHasAnEnd() throws IOException {
    rig.settle(granted(TOKENS), 25_000);
    Refused indebted = assertInstanceOf(Refused.class, admit(TOKENS));
    assertEquals(20 * MICROS, indebted.retryMicros(), "15 s of debt, and half of it to reserve");
    pass(20 * MICROS);
    rig.settle(granted(TOKENS), 1e15);
    Refused absurd = assertInstanceOf(Refused.class, admit(TOKENS));
    assertEquals(55 * MICROS, absurd.retryMicros(), "a minute, but for half of what it holds");
    CountersRig.await(() -> rig.stats.value(Metric.SHARED_DEBTS_CUT) == 1);
  }

  @Test
  void aFullBucketAdmitsWhateverIsReserved() throws IOException {
    Claim small = Claim.tokens("small", 1e9, SECOND / 2, SECOND, Claim.Reserve.GIVEN);
    assertInstanceOf(Admitted.class, rig.admit("a", 1e9, small));
    assertInstanceOf(Refused.class, rig.admit("b", 1e9, small));
  }

  @Test
  void theReservationIsTheMeanOfTheBucketsOwnCosts() throws IOException {
    for (int i = 0; i < 200; i++) {
      Grant grant = granted(TOKENS);
      rig.settle(grant, i % 2 == 0 ? 300 : 500);
      rig.sync();
      pass(10 * MICROS);
    }
    assertEquals(400, granted(TOKENS).reserved(0), 15);
  }

  @Test
  void whoIsWithdrawnHasTakenNothing() throws IOException {
    for (int i = 0; i < 100; i++) {
      rig.withdraw(granted(REQUESTS, TOKENS, STREAMS));
      rig.sync();
    }
    assertEquals(5, untilRefused());
  }

  @Test
  void everyKeyHasAnEnd() throws IOException {
    rig.settle(granted(REQUESTS, TOKENS, STREAMS, STREAMS_OF_OTHERS), 1, 900, 0, 0);
    granted(STREAMS);
    for (String key : List.of("r", "t", "s")) {
      String left = server.say("PTTL", "{tailtap}" + key);
      assertTrue(Long.parseLong(left.substring(1)) > 0, key + " " + left);
    }
  }

  private CountersRig.Answer admit(Claim... claims) {
    rig.sync();
    return rig.admit("call" + calls++, claims);
  }

  private Grant granted(Claim... claims) {
    return assertInstanceOf(Admitted.class, admit(claims)).grant();
  }

  private CountersRig.Answer emptied() {
    assertEquals(5, untilRefused());
    return admit(REQUESTS);
  }

  private int untilRefused() {
    int admitted = 0;
    while (admit(REQUESTS) instanceof Admitted) {
      admitted++;
    }
    return admitted;
  }

  private void pass(long micros) throws IOException {
    rig.sync();
    now += micros;
    server.say("SET", "clock", Long.toString(now));
  }

  private String everything() throws IOException {
    rig.sync();
    StringBuilder all = new StringBuilder();
    for (String key : List.of("r", "t", "s")) {
      all.append(server.say("DUMP", "{tailtap}" + key)).append('\n');
    }
    return all.toString();
  }
}
