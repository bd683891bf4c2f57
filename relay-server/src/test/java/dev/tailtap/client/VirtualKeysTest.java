package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers with keys of the relay's own: who is let in, to what, and what the provider sees. */
@Rule(
    value = "A virtual key opens what it is for, goes to no upstream and stands nowhere",
    source = "SECURITY.md")
class VirtualKeysTest {
  private static final String CHAT = "/v1/chat/completions";

  private IssuedKeys keys;
  private Provider provider;

  @BeforeEach
  void start() throws Exception {
    keys = new IssuedKeys();
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
  }

  @AfterEach
  void stop() throws Exception {
    provider.close();
  }

  /** Before the provider, with a key of its own there. */
  private RelayRig relay(String... settings) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                "keys.file",
                keys.path(),
                "keys.refresh",
                "20ms",
                "upstream.test.key.first",
                "ours"));
    all.addAll(Arrays.asList(settings));
    return new RelayRig(provider.url(), all.toArray(String[]::new));
  }

  private static RawClient.Answer post(RelayRig rig, String target, String fields, String body)
      throws Exception {
    try (RawClient client = rig.client()) {
      String head = "POST " + target + " HTTP/1.1\r\nHost: relay\r\n" + fields;
      return client.send(head + "Content-Length: " + body.length() + "\r\n\r\n" + body).answer();
    }
  }

  private static String bearer(String key) {
    return "Authorization: Bearer " + key + "\r\n";
  }

  /** The status, and the code of what the relay itself says. */
  private static String said(RawClient.Answer answer) {
    String code = answer.text().replaceAll("(?s).*\"code\":\"(\\w+)\".*", "$1");
    return answer.status() == 200 ? "200" : answer.status() + " " + code;
  }

  private static String asked(RelayRig rig, String key, String model) throws Exception {
    return said(post(rig, CHAT, bearer(key), "{\"model\":\"" + model + "\"}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer %s",
        "authorization: bearer   %s",
        "Authorization: %s",
        "x-api-key: %s",
        "api-key: %s",
        "x-goog-api-key: %s",
        "Ocp-Apim-Subscription-Key: %s",
        "?key=%s",
        "?a=b&%%6bey=%s&alt=sse",
        "?api-key=%s"
      })
  void aKeyIsTakenFromEveryFieldAndTheProviderSeesItsOwnAlone(String place) throws Exception {
    String key = keys.issue("vk_1", "tenant=acme; tag.team=red; tag.place=%3b");
    String shown = place.formatted(key);
    boolean query = place.startsWith("?");
    String fields =
        (query ? "" : shown + "\r\n")
            + "x-team: blue\r\nx-env: test\r\nx-session-id: "
            + key
            + "\r\n";
    try (RelayRig rig = relay("tag.team", "header:x-team", "tag.env", "header:x-env")) {
      String target = CHAT + (query ? shown : "?key=theirs");
      assertEquals("200", said(post(rig, target, fields, "{\"model\":\"m\"}")));
      Provider.Request seen = provider.take();
      assertEquals("Bearer ours", seen.field("authorization"));
      for (String field : List.of("x-api-key", "api-key", "x-goog-api-key")) {
        assertNull(seen.field(field), field);
      }
      assertFalse(seen.line().contains("key="), seen.line());
      assertFalse(seen.line().contains(key), seen.line());
      Map<String, Object> row = rig.row();
      assertEquals("acme", row.get("tenant"));
      assertEquals("vk_1", row.get("virtual_key"));
      assertEquals("first", row.get("upstream_key"));
      assertEquals("tt_***", row.get("session"));
      assertEquals(
          "{\"env\": \"test\", \"team\": \"red\", \"place\": \";\"}", row.get("tags").toString());
      assertTrue(rig.admin("/stats?by=tenant").contains("acme"));
      assertFalse(rig.admin("/records").contains(key));
    }
  }

  @Test
  void whoShowsNoneOrAWrongOneIsRefusedAndToldNoMore() throws Exception {
    String good = keys.issue("vk_good", "tenant=t");
    String other = keys.issue("vk_other", "tenant=t");
    String revoked = keys.issue("vk_revoked", "tenant=t; disabled=true");
    String expired = keys.issue("vk_expired", "tenant=t; expires=2026-01-01T00:00:00Z");
    String typed =
        good.substring(0, 10) + (good.charAt(10) == 'a' ? 'b' : 'a') + good.substring(11);
    try (RelayRig rig = relay()) {
      RawClient.Answer none = post(rig, CHAT, "", "{}");
      assertEquals("401 invalid_api_key", said(none));
      assertEquals("Bearer", none.fields().get("www-authenticate"));
      assertEquals("false", none.fields().get("x-should-retry"));
      List<String> wrong =
          List.of(
              bearer("sk-of-a-provider"),
              bearer(typed),
              bearer(IssuedKeys.unknown()),
              bearer(revoked),
              bearer(expired),
              bearer(good) + "x-api-key: " + other + "\r\n",
              bearer(good) + bearer(revoked));
      for (String fields : wrong) {
        assertEquals(none.text(), post(rig, CHAT, fields, "{}").text());
      }
      assertEquals("401 invalid_api_key", said(post(rig, "/nowhere", "", "{}")));
      assertEquals(
          "200", said(post(rig, CHAT, bearer(good) + "x-api-key: " + good + "\r\n", "{}")));
      for (String why : List.of("malformed", "unknown", "expired", "disabled")) {
        rig.awaitMetric("tailtap_keys_refused_total{why=\"" + why + "\"} 1.0");
      }
      rig.awaitMetric("tailtap_keys_refused_total{why=\"two\"} 2.0");
      rig.awaitMetric("tailtap_keys_refused_total{why=\"missing\"} 3.0");
      rig.awaitMetric("tailtap_keys 4.0");
      assertTrue(rig.admin("/config").contains("\"keys\":{\"loaded\":true,\"count\":4,"));
      assertEquals("vk_good", rig.row().get("virtual_key"));
    }
  }

  /** The body is never asked for. */
  @Test
  void aRefusalComesBeforeTheBody() throws Exception {
    keys.issue("vk_1", "tenant=t");
    try (RelayRig rig = relay();
        RawClient client = rig.client()) {
      client.send("POST / HTTP/1.1\r\nHost: relay\r\nContent-Length: 1000000\r\n\r\n");
      assertEquals(401, client.answer().status());
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\0',
      value = {
        "/v1/chat/completions, \"type\":\"invalid_request_error\"",
        "/v1/messages, \"type\":\"X\",",
        "/v1beta/models/m:generateContent, \"status\":\"Y\""
      })
  void eachDialectIsToldInItsOwnShape(String path, String shape) throws Exception {
    String barred = keys.issue("vk_1", "tenant=t; routes=other");
    String narrow = keys.issue("vk_2", "tenant=t; models=other*");
    try (RelayRig rig = relay()) {
      String unknown = shape.replace("X", "authentication_error").replace("Y", "UNAUTHENTICATED");
      String forbidden = shape.replace("X", "permission_error").replace("Y", "PERMISSION_DENIED");
      RawClient.Answer answer = post(rig, path, "", "{}");
      assertEquals(401, answer.status());
      assertTrue(answer.text().contains(unknown), answer.text());
      assertTrue(answer.text().toLowerCase(Locale.ROOT).contains("invalid_api_key"), answer.text());
      answer = post(rig, path, bearer(barred), "{\"model\":\"m\"}");
      assertEquals(403, answer.status());
      assertTrue(answer.text().contains(forbidden), answer.text());
      assertTrue(
          answer.text().toLowerCase(Locale.ROOT).contains("route_not_allowed"), answer.text());
      answer = post(rig, path, bearer(narrow), "{\"model\":\"m\"}");
      assertEquals(403, answer.status());
      assertTrue(answer.text().contains(forbidden), answer.text());
      assertTrue(
          answer.text().toLowerCase(Locale.ROOT).contains("model_not_allowed"), answer.text());
    }
  }

  @Test
  void aModelIsJudgedByWhatIsAskedForBeforeAnyAlias() throws Exception {
    String key = keys.issue("vk_1", "tenant=t; models=fast,gpt-4o*");
    try (RelayRig rig =
        relay("upstream.test.model.fast", "real", "upstream.test.model.x", "gpt-4o")) {
      assertEquals("200", asked(rig, key, "fast"));
      assertEquals("{\"model\":\"real\"}", provider.take().text());
      assertEquals("200", asked(rig, key, "gpt-4o-mini"));
      assertEquals("403 model_not_allowed", asked(rig, key, "x"));
      assertEquals("403 model_not_allowed", asked(rig, key, "real"));
      assertEquals("403 model_not_allowed", asked(rig, key, "gpt-4"));
      assertEquals(
          "400 two_models",
          said(post(rig, CHAT, bearer(key), "{\"model\":\"fast\",\"model\":\"real\"}")));
    }
  }

  @Test
  void whoseModelCannotBeReadIsNotLetThrough() throws Exception {
    String key = keys.issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relay("limits.held-body", "64KiB")) {
      for (String body : List.of("", "{}", "no json", "{\"model\":7}", "[{\"model\":\"fast\"}]")) {
        assertEquals("400 model_unreadable", said(post(rig, CHAT, bearer(key), body)), body);
      }
      String far = "{\"a\":\"" + "x".repeat(70_000) + "\",\"model\":\"fast\"}";
      assertEquals("400 model_unreadable", said(post(rig, CHAT, bearer(key), far)));
      String encoded = bearer(key) + "Content-Encoding: gzip\r\n";
      assertEquals("400 model_unreadable", said(post(rig, CHAT, encoded, "{\"model\":\"fast\"}")));
      assertEquals("200", asked(rig, key, "fast"));
      provider.take();
      assertFalse(provider.hasRequest());
      try (RawClient client = rig.client()) {
        client.send("GET /v1/models HTTP/1.1\r\nHost: relay\r\n" + bearer(key) + "\r\n");
        assertEquals(200, client.answer().status());
      }
    }
  }

  /** Which of the two a provider goes by is its own affair. */
  @Test
  void ofAPathAndABodyBothModelsHaveToBeAllowed() throws Exception {
    String key = keys.issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relay()) {
      String path = "/v1beta/models/%s:generateContent";
      for (String[] asked :
          new String[][] {
            {"fast", "{}", "200"},
            {"fast", "{\"model\":\"fast\"}", "200"},
            {"slow", "{\"model\":\"fast\"}", "403"},
            {"fast", "{\"model\":\"slow\"}", "403"},
            {"slow", "{}", "403"}
          }) {
        RawClient.Answer answer = post(rig, path.formatted(asked[0]), bearer(key), asked[1]);
        assertEquals(asked[2], "" + answer.status(), Arrays.toString(asked));
      }
    }
  }

  @Test
  void aSecondModelThatComesAfterTheFirstHasLetItThroughEndsIt() throws Exception {
    String key = keys.issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relay();
        RawClient client = rig.client()) {
      String first = "{\"model\":\"fast\",\"a\":\"" + "x".repeat(100_000);
      String second = "\",\"model\":\"slow\"}";
      client.send(
          "POST /v1/x HTTP/1.1\r\nHost: relay\r\n"
              + bearer(key)
              + "Content-Length: "
              + (first.length() + second.length())
              + "\r\n\r\n"
              + first);
      client.send(second);
      assertEquals(400, client.answer().status());
    }
  }

  @Test
  void routesAndUpstreamsAreOpenToWhoMayUseThem() throws Exception {
    String east = keys.issue("vk_1", "tenant=t; upstreams=ea*");
    String west = keys.issue("vk_2", "tenant=t; upstreams=west; routes=t*");
    String nowhere = keys.issue("vk_3", "tenant=t; upstreams=north");
    String otherRoute = keys.issue("vk_4", "tenant=t; routes=x,other*");
    try (RelayRig rig =
        relay(
            "route.test.upstream",
            null,
            "route.test.upstreams",
            "east west",
            "upstream.test.key.first",
            null,
            "upstream.test.url",
            null,
            "upstream.test.connect-timeout",
            null,
            "upstream.east.url",
            provider.url(),
            "upstream.east.key.a",
            "of-east",
            "upstream.west.url",
            provider.url(),
            "upstream.west.header.x-api-key",
            "of-west")) {
      for (int i = 0; i < 8; i++) {
        assertEquals("200", asked(rig, east, "m"));
        assertEquals("Bearer of-east", provider.take().field("authorization"));
        assertEquals("200", asked(rig, west, "m"));
        Provider.Request seen = provider.take();
        assertEquals("of-west", seen.field("x-api-key"));
        assertNull(seen.field("authorization"));
      }
      assertEquals("403 route_not_allowed", asked(rig, nowhere, "m"));
      assertEquals("403 route_not_allowed", asked(rig, otherRoute, "m"));
    }
  }

  @Test
  void anUpstreamWithoutACredentialIsNotAskedUnlessItNeedsNone() throws Exception {
    String key = keys.issue("vk_1", "tenant=t");
    try (RelayRig rig = relay("upstream.test.key.first", null)) {
      assertEquals("502 upstream_without_credential", asked(rig, key, "m"));
      rig.reload("upstream.test.auth", "none");
      assertEquals("200", asked(rig, key, "m"));
      assertNull(provider.take().field("authorization"));
    }
  }

  @Test
  void whoNeedNotShowOneGoesOnAsBeforeAndNoKeyOfOursDoes() throws Exception {
    String key = keys.issue("vk_1", "tenant=t");
    try (RelayRig rig = relay("keys.required", "false", "upstream.test.key.first", null)) {
      assertEquals("200", asked(rig, "sk-theirs", "m"));
      assertEquals("Bearer sk-theirs", provider.take().field("authorization"));
      assertNull(rig.row().get("virtual_key"));
      assertEquals("401 invalid_api_key", asked(rig, IssuedKeys.unknown(), "m"));
      assertEquals("401 invalid_api_key", asked(rig, "tt_", "m"));
      rig.reload("upstream.test.auth", "none");
      assertEquals("200", asked(rig, key, "m"));
      rig.reload("keys.required", "auto");
      assertEquals("401 invalid_api_key", asked(rig, "sk-theirs", "m"));
    }
  }

  @Test
  void withoutAnyKeyEverybodyPassesButAKeyOfOurs() throws Exception {
    try (RelayRig rig = relay("upstream.test.key.first", null)) {
      assertEquals("200", asked(rig, "sk-theirs", "m"));
      assertEquals("Bearer sk-theirs", provider.take().field("authorization"));
      assertEquals("401 invalid_api_key", asked(rig, IssuedKeys.unknown(), "m"));
      assertFalse(provider.hasRequest());
    }
  }

  @Test
  void aFileWithAMistakeLeavesTheFormerKeys() throws Exception {
    String key = keys.issue("vk_1", "tenant=t");
    try (RelayRig rig = relay()) {
      keys.change("tenant=t", "tenant");
      while (!rig.counted("tailtap_keys_refreshes_total{result=\"failed\"}")) {
        Thread.onSpinWait();
      }
      assertEquals("200", asked(rig, key, "m"));
      keys.change("tenant", "tenant=u; disabled=true");
      while (!asked(rig, key, "m").equals("401 invalid_api_key")) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void whatRunsGoesOnWhenItsKeyIsRevoked() throws Exception {
    String key = keys.issue("vk_1", "tenant=t");
    provider.answerWith(
        (request, answer) -> {
          answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.CONTENT);
          keys.change("tenant=t", "tenant=t; disabled=true");
          try (RawClient other = new RawClient(Integer.parseInt(request.field("x-port")))) {
            while (status(other, key) != 401) {
              Thread.onSpinWait();
            }
          }
          answer.chunk(ChatStream.CONTENT).lastChunk();
        });
    try (RelayRig rig = relay("route.test.path", "/v1")) {
      String port = "x-port: " + rig.relay().port() + "\r\n";
      RawClient.Answer answer = post(rig, CHAT, bearer(key) + port, "{\"model\":\"m\"}");
      assertEquals(200, answer.status());
      assertTrue(answer.whole());
    }
  }

  /** Of a request along no route, so that the provider hears nothing of it. */
  private static int status(RawClient client, String key) throws IOException {
    return client
        .send("GET /nowhere HTTP/1.1\r\nHost: relay\r\n" + bearer(key) + "\r\n")
        .answer()
        .status();
  }
}
