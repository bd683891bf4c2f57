package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.DocumentedBlock;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits that relays have in common in a Redis, which at times is not there. */
class SharedLimitsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASKED = "{\"model\":\"m-1\",\"messages\":[]}";
  private static final String UP = "tailtap_limits_shared_up 1.0";
  private static final String SHOWN =
      "{\"buckets_of\":\"this relay\",\"shared\":\"%s\",\"limits\":[";
  private static final String AWAY = "tailtap_limits_shared_up 0.0";

  /** Uses 10 tokens. */
  private static final String ANSWER =
      "{\"id\":\"x\",\"model\":\"m-1\",\"choices\":[],"
          + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}";

  @TempDir Path dir;
  private RedisServer redis;
  private Provider provider;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
    redis = new RedisServer(dir);
    provider = new Provider((request, answer) -> answer.whole(200, "application/json", ANSWER));
  }

  @AfterEach
  void stop() throws Exception {
    if (redis != null) {
      provider.close();
      redis.close();
    }
  }

  /** One that may ask. */
  private RelayRig relay(String... settings) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("limits.shared", "redis://:@127.0.0.1:" + redis.port() + "/1"));
    all.addAll(List.of("limits.shared-timeout", "300ms")); // a busy machine is no server away
    all.addAll(Arrays.asList(settings));
    RelayRig rig = new RelayRig(provider.url(), all.toArray(String[]::new));
    rig.awaitMetric(UP);
    return rig;
  }

  private static RawClient.Answer ask(RelayRig rig) throws Exception {
    try (RawClient client = rig.client()) {
      return client.post(CHAT, ASKED).answer();
    }
  }

  private static String asked(RelayRig rig) throws Exception {
    return KeyedRelays.said(ask(rig));
  }

  /** How many are let in one after the other until one is refused, as a limit does. */
  private static int served(RelayRig rig) throws Exception {
    int served = 0;
    String said = asked(rig);
    while (said.equals("200")) {
      served++;
      said = asked(rig);
    }
    assertEquals("429 requests_limit", said);
    return served;
  }

  @Test
  void relaysTogetherLetInWhatALimitLets() throws Exception {
    String[] limit = {"limit.a.requests", "10/h", "limit.a.requests-burst", "5"};
    try (RelayRig one = relay(limit);
        RelayRig other = relay(limit)) {
      assertEquals("200", asked(one));
      assertEquals("200", asked(other));
      assertEquals("200", asked(one));
      assertEquals(2, served(other));
      RawClient.Answer refused = ask(one);
      assertEquals(429, refused.status());
      int seconds = Integer.parseInt(refused.fields().get("retry-after"));
      assertTrue(seconds > 300 && seconds <= 360, seconds + " seconds until one more");
      one.awaitMetric("tailtap_limit_refused_total{limit=\"a\",reason=\"requests_limit\"} 1.0");
      assertTrue(one.counted("tailtap_limits_shared_asks_total{result=\"refused\"}"));
    }
  }

  @Test
  void whatACallHasUsedAtOneRelayIsADebtAtTheOther() throws Exception {
    String[] limit = {"limit.a.tokens", "1/h", "limit.a.tokens-burst", "1"};
    try (RelayRig one = relay(limit);
        RelayRig other = relay(limit)) {
      assertEquals("200", asked(one));
      long deadline = System.nanoTime() + Patience.NANOS;
      RawClient.Answer refused = ask(other);
      while (Integer.parseInt(refused.fields().get("retry-after")) < 9 * 3_600) {
        assertEquals(429, refused.status());
        assertTrue(System.nanoTime() < deadline, "the other relay does not hear of ten tokens");
        LockSupport.parkNanos(10_000_000);
        refused = ask(other);
      }
      assertTrue(refused.text().contains("tokens_limit"), refused.text());
      assertEquals("false", refused.fields().get("x-should-retry"));
    }
  }

  @Test
  void aStreamOfOneRelayIsAPlaceLessAtTheOtherUntilItEnds() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Provider.Script slow =
        (request, answer) -> {
          answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.CONTENT);
          done.await();
          answer.chunk(ChatStream.USAGE).chunk(ChatStream.DONE).lastChunk();
        };
    provider.close();
    provider = new Provider(slow);
    try (RelayRig one = relay("limit.a.streams", "1");
        RelayRig other = relay("limit.a.streams", "1");
        RawClient client = one.client()) {
      client.post(CHAT, ChatStream.ASKED);
      provider.take();
      assertEquals("429 streams_limit", asked(other));
      done.countDown();
      assertEquals(200, client.answer().status());
      long deadline = System.nanoTime() + Patience.NANOS;
      while (!asked(other).equals("200")) {
        assertTrue(System.nanoTime() < deadline, "the place is not given back");
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  @Test
  void answersSayWhatIsLeftForAllRelays() throws Exception {
    String[] limit = {"limit.a.requests", "30/h", "limits.headers", "draft"};
    try (RelayRig one = relay(limit);
        RelayRig other = relay(limit)) {
      ask(one);
      RawClient.Answer second = ask(other);
      assertEquals("\"a-requests\";q=3;w=360", second.fields().get("ratelimit-policy"));
      String state = second.fields().get("ratelimit");
      assertTrue(state.matches("\"a-requests\";r=1;t=2[34]\\d"), state);
    }
  }

  @Test
  void aLimitThatOnlyWarnsRefusesNobodyAndTheOthersHoldAllTheSame() throws Exception {
    try (RelayRig rig =
        relay(
            "limit.a.requests",
            "1/h",
            "limit.a.mode",
            "warn",
            "limit.b.requests",
            "10/h",
            "limit.b.requests-burst",
            "3")) {
      assertEquals("200", asked(rig));
      RawClient.Answer warned = ask(rig);
      assertEquals(200, warned.status());
      assertEquals("a;requests_limit", warned.fields().get("x-tailtap-limit"));
      assertEquals(1, served(rig));
      rig.awaitMetric("tailtap_limit_refused_total{limit=\"b\",reason=\"requests_limit\"} 1.0");
      assertFalse(rig.counted("tailtap_limit_refused_total{limit=\"a\""));
    }
  }

  @Test
  @Rule(
      value = "While what relays share is away, each holds its part; no call is answered 500",
      source = "docs/LIMITS.md")
  void aFrozenServerLeavesEachRelayItsPart() throws Exception {
    try (RelayRig rig =
        relay("limit.a.requests", "10/h", "limit.a.requests-burst", "10", "limits.relays", "2")) {
      assertEquals("200", asked(rig));
      assertEquals("200", asked(rig));
      assertEquals("200", asked(rig));
      redis.freeze();
      assertEquals(2, served(rig), "three of its five are known to be used");
      rig.awaitMetric(AWAY);
      assertTrue(rig.admin("/limits").contains("\"shared\":\"away\""));
      redis.thaw();
      rig.awaitMetric(UP);
      assertTrue(rig.admin("/limits").contains("\"shared\":\"up\""));
      int left = served(rig);
      assertTrue(left >= 2 && left <= 7, left + " of the seven that nobody has had of it");
    } finally {
      redis.thaw();
    }
  }

  @Test
  void aServerThatBeginsAgainWithNothingIsAskedAgain() throws Exception {
    try (RelayRig rig = relay("limit.a.requests", "10/h", "limit.a.requests-burst", "3")) {
      assertEquals(3, served(rig));
      assertTrue(rig.admin("/limits").startsWith(SHOWN.formatted("up")));
      redis.kill();
      rig.awaitMetric(AWAY);
      assertEquals("429 requests_limit", asked(rig));
      assertTrue(rig.admin("/limits").startsWith(SHOWN.formatted("away")));
      redis.start();
      rig.awaitMetric(UP);
      assertEquals(3, served(rig));
    }
  }

  @Test
  void whoOpensServesAllWhileItIsAway() throws Exception {
    try (RelayRig rig = relay("limit.a.requests", "1/h", "limits.shared-away", "open")) {
      assertEquals(1, served(rig));
      redis.kill();
      rig.awaitMetric(AWAY);
      assertEquals("200", asked(rig));
      assertEquals("200", asked(rig));
      rig.reload("limits.shared-away", "local");
      assertEquals("429 requests_limit", asked(rig));
    }
  }

  @Test
  void whoClosesRefusesAllWhileItIsAwayAndSaysWhenToComeAgain() throws Exception {
    try (RelayRig rig =
        relay(
            "limit.a.requests",
            "100/s",
            "limits.shared-away",
            "closed",
            "limit.b.streams",
            "9",
            "limit.b.mode",
            "warn")) {
      assertEquals("200", asked(rig));
      redis.kill();
      rig.awaitMetric(AWAY);
      RawClient.Answer refused = ask(rig);
      assertEquals("503 limits_away", KeyedRelays.said(refused));
      assertNotNull(refused.fields().get("retry-after"));
      rig.reload("limit.a.mode", "warn");
      RawClient.Answer warned = ask(rig);
      assertEquals(200, warned.status());
      assertEquals("a;limits_away", warned.fields().get("x-tailtap-limit"));
      redis.start();
      rig.awaitMetric(UP);
      assertEquals("200", asked(rig));
    }
  }

  @Test
  void aCallThatReachesNoUpstreamTakesNoTokens() throws Exception {
    provider.close();
    try (RelayRig rig =
        relay(
            "limit.a.tokens", "100/h", "limit.a.tokens-burst", "100", "limits.headers", "draft")) {
      assertEquals(502, ask(rig).status());
      provider = new Provider((request, answer) -> answer.whole(200, "application/json", ANSWER));
      rig.reload("upstream.test.url", provider.url());
      String state = ask(rig).fields().get("ratelimit");
      assertTrue(state.startsWith("\"a-tokens\";r=90;"), state + ": a tenth is reserved, once");
    }
  }

  @Test
  void aCallUnderMoreLimitsThanOneQuestionHoldsIsUnderAllOfThem() throws Exception {
    List<String> limits = new ArrayList<>();
    for (int i = 10; i < 90; i++) {
      limits.addAll(List.of("limit.l" + i + ".requests", i == 89 ? "10/h" : "900/s"));
    }
    try (RelayRig rig = relay(limits.toArray(String[]::new))) {
      assertEquals(1, served(rig));
      rig.awaitMetric("tailtap_limit_refused_total{limit=\"l89\",reason=\"requests_limit\"} 1.0");
    }
  }

  @Test
  void thePasswordIsShownToNobody() throws Exception {
    redis.say("CONFIG", "SET", "requirepass", "s3cret-word");
    String address = "redis://:s3cret-word@127.0.0.1:" + redis.port();
    try (RelayRig rig =
        new RelayRig(provider.url(), "limits.shared", address, "limit.a.requests", "10/h")) {
      rig.awaitMetric(UP);
      assertEquals(1, served(rig));
      for (String page : List.of("/config", "/metrics", "/limits")) {
        assertFalse(rig.admin(page).contains("s3cret"), page);
      }
    }
  }

  @Test
  void theServerOfTheDocumentIsEnough() throws Exception {
    String example = DocumentedBlock.all("OPERATIONS.md", "redis").get(0);
    Path settings = Files.writeString(dir.resolve("redis.conf"), example);
    try (RedisServer documented = new RedisServer(dir, "--include", settings.toString());
        RelayRig rig =
            relay(
                "limits.shared",
                "redis://tailtap:CHANGE-ME@127.0.0.1:" + documented.port(),
                "limit.a.requests",
                "30/h",
                "limit.a.tokens",
                "1M/m",
                "limit.a.streams",
                "9")) {
      assertEquals(3, served(rig));
      rig.awaitMetric(UP);
      assertFalse(rig.counted("tailtap_limits_shared_asks_total{result=\"error\"}"));
      assertFalse(rig.counted("tailtap_limits_shared_unsettled_total"));
    }
  }

  @Test
  void nothingIsSaidToBeAwayWhereNothingIsShared() throws Exception {
    try (RelayRig rig = new RelayRig(provider.url(), "limit.a.requests", "10/h")) {
      assertEquals(1, served(rig));
      assertFalse(rig.admin("/metrics").contains(AWAY));
    }
  }
}
