package dev.tailtap.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.redis.CountersRig.Answer;
import dev.tailtap.redis.CountersRig.Answer.Admitted;
import dev.tailtap.redis.CountersRig.Answer.Away;
import dev.tailtap.redis.CountersRig.Answer.Refused;
import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.MuteServer;
import dev.tailtap.rig.NoLeaks;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real server under all that can befall it. That an answer comes while the server is frozen or
 * gone is the proof that nobody waits for it: had it been waited for, it would not have come.
 */
@ExtendWith(NoLeaks.class)
class SharedCountersTest {
  private static final Claim STREAMS = Claim.streams("s", 100);
  private static final Claim REQUESTS = Claim.requests("r", 3.6e12, 2 * 3_600_000_000_000L);

  private static final Claim TOKENS =
      Claim.tokens("t", 1e6, 10_000_000_000L, 20_000_000_000L, Claim.Reserve.MEAN);

  @TempDir private Path dir;
  private final List<AutoCloseable> open = new ArrayList<>();
  private int calls;

  @BeforeEach
  void look() {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
  }

  @AfterEach
  void stop() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @Test
  void severalRelaysShareABucket() throws IOException {
    RedisServer server = server();
    CountersRig one = rig(server).up();
    CountersRig other = rig(server).up();
    assertInstanceOf(Admitted.class, admit(one, REQUESTS));
    assertInstanceOf(Admitted.class, admit(other, REQUESTS));
    assertInstanceOf(Refused.class, admit(one, REQUESTS));
    assertInstanceOf(Refused.class, admit(other, REQUESTS));
  }

  @Test
  void manyQuestionsAtOnceAreAnsweredInTheirOrder() throws IOException {
    CountersRig rig = rig(server()).up();
    Claim few = Claim.streams("few", 10);
    List<CompletableFuture<Answer>> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      all.add(rig.ask("call" + i, -1, few));
    }
    for (int i = 0; i < 300; i++) {
      Class<?> expected = i < 10 ? Admitted.class : Refused.class;
      assertInstanceOf(expected, all.get(i).join(), "call" + i);
    }
  }

  @Test
  void aFrozenServerIsAwayAndComesBack() throws Exception {
    RedisServer server = server();
    CountersRig rig = rig(server, Duration.ofMillis(20)).up();
    server.freeze();
    try {
      assertInstanceOf(Away.class, admit(rig, STREAMS));
      CountersRig.await(() -> admit(rig, STREAMS) instanceof Away && !rig.counters.isUp());
      assertTrue(rig.stats.value(Metric.SHARED_ASKS, "timeout") >= 2);
      assertInstanceOf(Away.class, admit(rig, STREAMS));
    } finally {
      server.thaw();
    }
    rig.up();
    assertInstanceOf(Admitted.class, rig.admitted("back", STREAMS));
  }

  @Test
  void aCallThatWasAdmittedTooLateIsCountedOnce() throws Exception {
    RedisServer server = server();
    CountersRig rig = rig(server, Duration.ofSeconds(3)).up();
    server.freeze();
    Away goesOn;
    Away givesUp;
    try {
      goesOn = assertInstanceOf(Away.class, rig.admit("goes-on", STREAMS));
      givesUp = assertInstanceOf(Away.class, rig.admit("gives-up", REQUESTS));
      rig.withdraw(givesUp.grant());
    } finally {
      server.thaw();
    }
    rig.sync();
    CountersRig.await(() -> goesOn.grant().shared() && givesUp.grant().shared());
    rig.sync();
    assertEquals(":1", server.say("ZCARD", "{tailtap}s"));
    assertInstanceOf(Admitted.class, admit(rig, REQUESTS));
    assertInstanceOf(Admitted.class, admit(rig, REQUESTS));
    rig.settle(goesOn.grant(), 0);
    rig.sync();
    assertEquals(":0", server.say("ZCARD", "{tailtap}s"));
  }

  @Test
  void aKilledServerIsAwayAndKnowsWhatRunsWhenItIsBack() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    Grant before = rig.granted("before", STREAMS);
    server.kill();
    CountersRig.await(() -> !rig.counters.isUp());
    Away meanwhile = assertInstanceOf(Away.class, rig.admit("meanwhile", STREAMS));
    server.start();
    rig.up();
    rig.sync();
    CountersRig.await(() -> said(server, "ZCARD", "{tailtap}s").equals(":2"));
    rig.settle(before, 0);
    rig.settle(meanwhile.grant(), 0);
    rig.sync();
    assertEquals(":0", server.say("ZCARD", "{tailtap}s"));
  }

  @Test
  @Rule(
      value = "What ended while the server was away is told when it is back, one sum a bucket",
      source = "docs/LIMITS.md")
  void whatWasUsedWhileTheServerWasAwayIsToldWhenItIsBack() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    Grant before = rig.granted("before", TOKENS, STREAMS);
    server.kill();
    CountersRig.await(() -> !rig.counters.isUp());
    rig.settle(before, 1e6, 0);
    for (int i = 0; i < 2; i++) {
      Away away = assertInstanceOf(Away.class, rig.admit("meanwhile" + i, REQUESTS));
      rig.settle(away.grant(), 1);
    }
    Away none = assertInstanceOf(Away.class, rig.admit("none", REQUESTS));
    rig.withdraw(none.grant());
    server.start();
    rig.up();
    rig.sync();
    assertInstanceOf(Refused.class, admit(rig, REQUESTS));
    assertInstanceOf(Refused.class, admit(rig, TOKENS));
    assertInstanceOf(Admitted.class, admit(rig, STREAMS));
    assertEquals(0, rig.stats.value(Metric.SHARED_UNSETTLED));
  }

  @Test
  void lostDataIsNoTrouble() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    Grant grant = rig.granted("a", STREAMS, REQUESTS);
    server.say("FLUSHALL");
    assertInstanceOf(Admitted.class, admit(rig, STREAMS, REQUESTS));
    rig.settle(grant, 0, 1);
    assertInstanceOf(Admitted.class, admit(rig, STREAMS, REQUESTS));
    assertTrue(rig.counters.isUp());
  }

  @Test
  void lostFunctionsAreLoadedAgain() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    server.say("FUNCTION", "FLUSH");
    assertInstanceOf(Away.class, admit(rig, STREAMS));
    assertInstanceOf(Admitted.class, rig.admitted("b", STREAMS));
    assertTrue(server.say("FUNCTION", "LIST").contains("tailtap_admit_"));
  }

  @Test
  void aLostScriptIsLoadedAgain() throws IOException {
    RedisServer server = server("--rename-command", "FCALL", "");
    CountersRig rig = rig(server).up();
    server.say("SCRIPT", "FLUSH");
    assertInstanceOf(Away.class, admit(rig, STREAMS));
    assertInstanceOf(Admitted.class, rig.admitted("b", STREAMS));
  }

  @Test
  void aReplicaThatMayNotWriteIsAway() throws IOException {
    RedisServer server = server();
    RedisServer primary = server();
    CountersRig rig = rig(server).up();
    server.say("REPLICAOF", "127.0.0.1", Integer.toString(primary.port()));
    CountersRig.await(() -> admit(rig, STREAMS) instanceof Away && !rig.counters.isUp());
    server.say("REPLICAOF", "NO", "ONE");
    rig.up();
    assertInstanceOf(Admitted.class, rig.admitted("back", STREAMS));
  }

  @Test
  void aServerWithoutMemoryIsAway() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    server.say("CONFIG", "SET", "maxmemory", "1");
    CountersRig.await(() -> admit(rig, STREAMS) instanceof Away && !rig.counters.isUp());
    server.say("CONFIG", "SET", "maxmemory", "0");
    rig.up();
    assertInstanceOf(Admitted.class, rig.admitted("back", STREAMS));
  }

  @Test
  void aKeyOfAnotherKindIsAnErrorAndNoStop() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    server.say("LPUSH", "{tailtap}s", "strange");
    assertInstanceOf(Away.class, admit(rig, STREAMS));
    assertInstanceOf(Admitted.class, admit(rig, REQUESTS));
    assertEquals(1, rig.stats.value(Metric.SHARED_ASKS, "error"));
  }

  @Test
  void aWrongPasswordIsAwayUntilItIsRight() throws IOException {
    RedisServer server = server("--requirepass", "right");
    CountersRig rig = rig("redis://:wrong@127.0.0.1:" + server.port());
    CountersRig.await(() -> admit(rig, STREAMS) instanceof Away);
    assertFalse(rig.counters.isUp());
    CountersRig right = rig("redis://:right@127.0.0.1:" + server.port()).up();
    assertInstanceOf(Admitted.class, admit(right, STREAMS));
  }

  @Test
  void aUserWithFewRightsIsEnough() throws IOException {
    RedisServer server = server();
    String commands =
        "fcall function|load select time get set zadd zcount zrem zrangebyscore zremrangebyscore"
            + " pexpire";
    List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", "tail", "on", ">tap+/:"));
    words.add("~{tailtap}*");
    for (String each : commands.split(" ", -1)) {
      words.add("+" + each);
    }
    assertEquals("+OK", server.say(words.toArray(String[]::new)));
    CountersRig rig = rig("redis://tail:tap%2B%2F%3A@127.0.0.1:" + server.port() + "/3").up();
    rig.settle(rig.granted("all", STREAMS, REQUESTS, TOKENS), 0, 1, 7);
    rig.sync();
    assertInstanceOf(Admitted.class, admit(rig, STREAMS, TOKENS));
    assertEquals(0, rig.stats.value(Metric.SHARED_UNSETTLED));
    assertTrue(server.say("INFO", "keyspace").contains("db3:"));
  }

  @Test
  void aServerIsReachedByTls() throws Exception {
    Certificate certificate = Certificate.of(dir, "redis", "dns:localhost");
    RedisServer plain = server();
    int port = FreePort.choose();
    String[] options = {
      "--tls-port",
      Integer.toString(port),
      "--tls-auth-clients",
      "no",
      "--tls-cert-file",
      certificate.pem().toString(),
      "--tls-key-file",
      certificate.key().toString()
    };
    RedisServer server = server(options);
    try (Tls tls = new Tls(new Stats())) {
      CountersRig rig =
          keep(
              new CountersRig(
                  "rediss://localhost:" + port,
                  Script.source(),
                  Patience.TIME,
                  tls.sharedLimits(certificate.pem())));
      rig.up();
      assertInstanceOf(Admitted.class, admit(rig, STREAMS));
      assertEquals(":1", server.say("ZCARD", "{tailtap}s"));
      assertEquals(":0", plain.say("ZCARD", "{tailtap}s"));
    }
  }

  @Test
  void whoeverIsNoRedisIsAway() throws Exception {
    try (MuteServer mute = new MuteServer();
        ClosedPort closed = new ClosedPort()) {
      CountersRig silent = rig("redis://127.0.0.1:" + mute.port());
      mute.take().close();
      assertInstanceOf(Away.class, admit(silent, STREAMS));
      assertInstanceOf(Away.class, admit(rig("redis://127.0.0.1:" + closed.port()), STREAMS));
      assertInstanceOf(Away.class, admit(rig("redis://no-such-name.invalid"), STREAMS));
    }
  }

  @Test
  void theEndTellsWhatWasToBeTold() throws Exception {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      grants.add(rig.granted("call" + i, STREAMS));
    }
    grants.forEach(each -> rig.settle(each, 0));
    rig.counters.close();
    CountersRig.await(() -> said(server, "ZCARD", "{tailtap}s").equals(":0"));
    assertInstanceOf(Away.class, admit(rig, STREAMS));
  }

  @Test
  void leasesAreRenewedLotByLotAndNoneOfOneThatEnded() throws IOException {
    RedisServer server = server();
    CountersRig rig = rig(server).up();
    Claim many = Claim.streams("many", 1_000);
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      grants.add(rig.granted("call" + i, many));
    }
    for (int i = 0; i < 400; i += 2) {
      rig.settle(grants.get(i), 0);
    }
    server.kill();
    CountersRig.await(() -> !rig.counters.isUp());
    server.start();
    rig.up();
    CountersRig.await(() -> said(server, "ZCARD", "{tailtap}many").equals(":200"));
    for (int i = 1; i < 400; i += 2) {
      rig.settle(grants.get(i), 0);
    }
    rig.sync();
    assertEquals(":0", server.say("ZCARD", "{tailtap}many"));
  }

  private static String said(RedisServer server, String... words) {
    try {
      return server.say(words);
    } catch (IOException gone) {
      return gone.toString();
    }
  }

  private Answer admit(CountersRig rig, Claim... claims) {
    Answer answer = rig.admit("call-" + calls++, claims);
    if (answer instanceof Away away) {
      rig.withdraw(away.grant());
    }
    return answer;
  }

  private RedisServer server(String... options) throws IOException {
    return keep(new RedisServer(dir, options));
  }

  private CountersRig rig(RedisServer server) {
    return rig("redis://127.0.0.1:" + server.port());
  }

  private CountersRig rig(RedisServer server, Duration patience) {
    String address = "redis://127.0.0.1:" + server.port();
    return keep(new CountersRig(address, Script.source(), patience, null));
  }

  private CountersRig rig(String address) {
    return keep(new CountersRig(address, Script.source()));
  }

  private <T extends AutoCloseable> T keep(T each) {
    open.add(each);
    return each;
  }
}
