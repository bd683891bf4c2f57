package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limits that are set by name, as a client meets them. */
class NamedLimitsTest {
  private static final String CHAT = "/v1/chat/completions";

  /** Uses 10 tokens. */
  private static final String ANSWER =
      "{\"id\":\"x\",\"model\":\"m-1\",\"choices\":[],"
          + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}";

  private static void well(Provider.Request request, Provider.Answer answer) throws IOException {
    answer.whole(200, "application/json", ANSWER);
  }

  private static String body(String model) {
    return "{\"model\":\"" + model + "\",\"messages\":[]}";
  }

  private static RawClient.Answer post(RelayRig rig, String path, String json) throws Exception {
    try (RawClient client = rig.client()) {
      return client.post(path, json).answer();
    }
  }

  /** Waits until a limit's page says so; it is settled an instant after its answer. */
  private static void awaitPage(RelayRig rig, String text) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    String page = rig.admin("/limits");
    while (!page.contains(text)) {
      assertTrue(System.nanoTime() < deadline, () -> "no " + text + " in the page of limits");
      LockSupport.parkNanos(10_000_000);
      page = rig.admin("/limits");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | \"type\":\"rate_limit_error\",\"code\":\"requests_limit\"",
        "/v1/messages | \"details\":{\"error_code\":\"requests_limit\"}",
        "/v1beta/models/m:generateContent | \"status\":\"RESOURCE_EXHAUSTED\""
      })
  @Rule(
      value = "A request beyond a limit is answered 429 in the shape of its API, with Retry-After",
      source = "RFC 6585 section 4")
  void refusesInTheShapeOfTheClientsApi(String path, String said) throws Exception {
    try (Provider provider = new Provider(NamedLimitsTest::well);
        RelayRig rig = new RelayRig(provider.url(), "limit.a.requests", "6/m")) {
      assertEquals(200, post(rig, path, body("m-1")).status());
      RawClient.Answer refused = post(rig, path, body("m-1"));
      assertEquals(429, refused.status());
      assertTrue(refused.text().contains(said), refused.text());
      int seconds = Integer.parseInt(refused.fields().get("retry-after"));
      assertTrue(seconds >= 1 && seconds <= 10, seconds + " seconds");
      assertNull(refused.fields().get("x-should-retry"));
      assertNull(refused.fields().get("ratelimit"));
      rig.awaitMetric("tailtap_limit_refused_total{limit=\"a\",reason=\"requests_limit\"} 1.0");
      rig.awaitMetric("tailtap_requests_refused_total{reason=\"requests_limit\"} 1.0");
      assertEquals(1, rig.rows(1).size());
    }
  }

  @Test
  @Rule(
      value = "A client is not to wait by itself for what is more than a minute away",
      source = "docs/LIMITS.md")
  void tellsClientsNotToRetryWhereThatWouldTakeLong() throws Exception {
    try (Provider provider = new Provider(NamedLimitsTest::well);
        RelayRig rig =
            new RelayRig(provider.url(), "limit.a.tokens", "1/h", "limit.a.tokens-burst", "1")) {
      assertEquals(200, post(rig, CHAT, body("m-1")).status());
      awaitPage(rig, "\"mean_cost\":10.0");
      RawClient.Answer refused = post(rig, CHAT, body("m-1"));
      assertEquals(429, refused.status());
      assertTrue(refused.text().contains("tokens_limit"), refused.text());
      assertEquals("false", refused.fields().get("x-should-retry"));
      int seconds = Integer.parseInt(refused.fields().get("retry-after"));
      assertTrue(seconds > 9 * 3_600 - 60 && seconds <= 10 * 3_600, seconds + " seconds of a debt");
    }
  }

  @Test
  void aStreamIsUnderWayUntilItsExchangeHasEnded() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Provider.Script slow =
        (request, answer) -> {
          answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.CONTENT);
          done.await();
          answer.chunk(ChatStream.USAGE).chunk(ChatStream.DONE).lastChunk();
        };
    try (Provider provider = new Provider(slow);
        RelayRig rig = new RelayRig(provider.url(), "limit.a.streams", "1");
        RawClient first = rig.client()) {
      first.post(CHAT, ChatStream.ASKED);
      provider.take();
      RawClient.Answer refused = post(rig, CHAT, ChatStream.ASKED);
      assertEquals(429, refused.status());
      assertTrue(refused.text().contains("streams_limit"), refused.text());
      rig.awaitMetric("tailtap_limit_streams{limit=\"a\"} 1.0");
      done.countDown();
      assertEquals(200, first.answer().status());
      rig.awaitMetric("tailtap_limit_streams{limit=\"a\"} 0.0");
      assertEquals(200, post(rig, CHAT, ChatStream.ASKED).status());
    }
  }

  @Test
  void aClientThatLeavesGivesItsPlaceBackAndCostsWhatWasReserved() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    Provider.Script slow =
        (request, answer) -> {
          answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.CONTENT);
          left.await();
        };
    try (Provider provider = new Provider(slow);
        RelayRig rig =
            new RelayRig(provider.url(), "limit.a.streams", "1", "limit.a.tokens", "10k/m")) {
      try (RawClient client = rig.client()) {
        client.post(CHAT, ChatStream.ASKED);
        client.head();
        rig.awaitMetric("tailtap_limit_streams{limit=\"a\"} 1.0");
        client.reset();
      }
      rig.awaitMetric("tailtap_limit_streams{limit=\"a\"} 0.0");
      rig.awaitMetric("tailtap_limit_estimated_total{limit=\"a\"} 1.0");
      left.countDown();
    }
  }

  @Test
  void oneWhoseUpstreamCannotBeReachedCostsNoTokens() throws Exception {
    try (ClosedPort nobody = new ClosedPort();
        RelayRig rig = new RelayRig(nobody.url(), "limit.a.tokens", "10k/m");
        RawClient client = rig.client()) {
      assertEquals(502, client.post(CHAT, ChatStream.ASKED).answer().status());
      awaitPage(rig, "\"tokens\":{\"used\":0.0");
      assertFalse(rig.counted("tailtap_limit_estimated_total"));
    }
  }

  @Test
  void afterAFailoverTheTryThatReportedUsageIsChargedAndOneRequest() throws Exception {
    try (FailoverRig rig =
        new FailoverRig(
            FailoverRig.says(503),
            "limit.a.tokens",
            "1/h",
            "limit.a.requests",
            "10/h",
            "limit.a.match",
            "route:m")) {
      assertEquals(200, rig.post().status());
      awaitPage(rig.relay, "\"mean_cost\":7.0");
      String page = rig.relay.admin("/limits");
      assertTrue(page.contains("\"tokens\":{\"used\":6.99") || page.contains("\"used\":7.0"), page);
      assertTrue(
          page.contains("\"requests\":{\"used\":0.99") || page.contains("\"used\":1.0"), page);
    }
  }

  @Test
  void aLimitByModelReadsTheBodyFirst() throws Exception {
    try (Provider provider = new Provider(NamedLimitsTest::well);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "limit.a.match",
                "model:gpt-*",
                "limit.a.per",
                "model",
                "limit.a.requests",
                "1/h")) {
      assertEquals(200, post(rig, CHAT, body("gpt-1")).status());
      assertEquals(429, post(rig, CHAT, body("gpt-1")).status());
      assertEquals(200, post(rig, CHAT, body("gpt-2")).status());
      assertEquals(200, post(rig, CHAT, body("o3")).status());
      assertEquals(200, post(rig, CHAT, body("o3")).status());
      String twice = "{\"model\":\"o3\",\"model\":\"gpt-1\",\"messages\":[]}";
      assertEquals(400, post(rig, CHAT, twice).status(), "which of them would be asked for?");
      assertEquals(4, rig.rows(4).size());
      assertTrue(rig.admin("/limits?name=a&count=10").contains("{\"model\":\"gpt-1\"}"));
    }
  }

  @Test
  void whatABodySaysOfItsAnswerIsReserved() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Provider.Script slow =
        (request, answer) -> {
          done.await();
          answer.whole(200, "application/json", ANSWER);
        };
    try (Provider provider = new Provider(slow);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "limit.a.tokens",
                "1000/d",
                "limit.a.tokens-burst",
                "1000",
                "limit.a.reserve",
                "max-tokens");
        RawClient client = rig.client()) {
      client.post(CHAT, "{\"model\":\"m-1\",\"messages\":[],\"max_tokens\":400}");
      provider.take();
      awaitPage(rig, "\"tokens\":{\"used\":399.99");
      done.countDown();
      assertEquals(200, client.answer().status());
      awaitPage(rig, "\"tokens\":{\"used\":9.99");
    }
  }

  @Test
  void aTrialLetsCallsInAndTellsThem() throws Exception {
    try (Provider provider = new Provider(NamedLimitsTest::well);
        RelayRig rig =
            new RelayRig(provider.url(), "limit.a.requests", "1/h", "limit.a.mode", "warn")) {
      assertNull(post(rig, CHAT, body("m-1")).fields().get("x-tailtap-limit"));
      RawClient.Answer beyond = post(rig, CHAT, body("m-1"));
      assertEquals(200, beyond.status());
      assertEquals("a;requests_limit", beyond.fields().get("x-tailtap-limit"));
      rig.awaitMetric("tailtap_limit_warned_total{limit=\"a\",reason=\"requests_limit\"} 1.0");
    }
  }

  @Test
  @Rule(
      value = "RateLimit-Policy and RateLimit say what is left, and Retry-After is not before t",
      source = "draft-ietf-httpapi-ratelimit-headers-10")
  void saysWhatIsLeftIfThatIsWanted() throws Exception {
    try (Provider provider = new Provider(NamedLimitsTest::well);
        RelayRig rig =
            new RelayRig(provider.url(), "limit.a.requests", "20/m", "limits.headers", "draft")) {
      RawClient.Answer first = post(rig, CHAT, body("m-1"));
      assertEquals("\"a-requests\";q=2;w=6", first.fields().get("ratelimit-policy"));
      assertTrue(first.fields().get("ratelimit").matches("\"a-requests\";r=1;t=[1-3]"));
      post(rig, CHAT, body("m-1"));
      RawClient.Answer refused = post(rig, CHAT, body("m-1"));
      assertEquals(429, refused.status());
      String wait = refused.fields().get("retry-after");
      assertEquals("\"a-requests\";r=0;t=" + wait, refused.fields().get("ratelimit"));
      assertEquals("\"a-requests\";q=2;w=6", refused.fields().get("ratelimit-policy"));
    }
  }

  @Test
  @Rule(
      value = "A provider's own fields about its limits pass untouched",
      source = "draft-ietf-httpapi-ratelimit-headers-10")
  void leavesWhatTheProviderSaysOfItsLimits() throws Exception {
    String fields =
        "X-RateLimit-Remaining-Tokens: 5\r\nRateLimit: \"p\";r=3;t=9\r\nRetry-After: 7\r\n"
            + "X-Should-Retry: true\r\n";
    Provider.Script script =
        (request, answer) ->
            answer.send("HTTP/1.1 429 Slow\r\n" + fields + "Content-Length: 2\r\n\r\n{}");
    try (Provider provider = new Provider(script);
        RelayRig rig =
            new RelayRig(provider.url(), "limit.a.requests", "9/m", "limits.headers", "draft")) {
      RawClient.Answer answer = post(rig, CHAT, body("m-1"));
      assertEquals("5", answer.fields().get("x-ratelimit-remaining-tokens"));
      assertEquals("\"p\";r=3;t=9", answer.fields().get("ratelimit"));
      assertEquals("7", answer.fields().get("retry-after"));
      assertEquals("true", answer.fields().get("x-should-retry"));
      assertNull(answer.fields().get("ratelimit-policy"));
    }
  }

  @Test
  void aReloadChangesLimitsAndKeepsWhatIsInUse() throws Exception {
    try (Provider provider = new Provider(NamedLimitsTest::well);
        RelayRig rig =
            new RelayRig(provider.url(), "limit.a.requests", "10/h", "limit.b.streams", "9")) {
      assertEquals(200, post(rig, CHAT, body("m-1")).status());
      assertEquals(429, post(rig, CHAT, body("m-1")).status());
      rig.reload("limit.b.streams", null, "usage.drain-bytes", "1MiB");
      assertEquals(429, post(rig, CHAT, body("m-1")).status(), "the bucket is the same");
      assertFalse(rig.admin("/metrics").contains("limit=\"b\""));
      rig.reload("limit.a.requests", "40/h");
      assertEquals(200, post(rig, CHAT, body("m-1")).status());
      rig.reload("limit.a.requests", null);
      assertEquals(200, post(rig, CHAT, body("m-1")).status());
      assertFalse(rig.admin("/metrics").contains("limit=\"a\""));
      assertEquals(
          "{\"buckets_of\":\"this relay\",\"shared\":\"none\",\"limits\":[],\"keys_refused\":{}}\n",
          rig.admin("/limits"));
    }
  }
}
