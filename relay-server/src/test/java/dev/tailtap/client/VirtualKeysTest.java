package dev.tailtap.client;

import static dev.tailtap.client.KeyedRelays.CHAT;
import static dev.tailtap.client.KeyedRelays.asked;
import static dev.tailtap.client.KeyedRelays.bearer;
import static dev.tailtap.client.KeyedRelays.post;
import static dev.tailtap.client.KeyedRelays.said;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers with keys of the relay's own: who is let in, to what, and what the provider sees. */
@Rule(
    value = "A virtual key opens what it is for, goes to no upstream and stands nowhere",
    source = "SECURITY.md")
class VirtualKeysTest {
  @RegisterExtension private final KeyedRelays relays = new KeyedRelays();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer %s",
        "authorization: bearer   %s",
        "Authorization: BEARER \t %s",
        "Authorization: Bearer\t%s",
        "Authorization: %s",
        "x-api-key: %s",
        "api-key: %s",
        "x-goog-api-key: %s",
        "Ocp-Apim-Subscription-Key: %s",
        "?key=%s",
        "?a=b&%%6bey=%s&alt=sse",
        "?api-key=%s",
        "?API-KEY=%s",
        "?Key=%s",
        "?%%4Bey=%s"
      })
  void aKeyIsTakenFromEveryFieldAndTheProviderSeesItsOwnAlone(String place) throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=acme; tag.team=red; tag.place=%3b");
    String shown = place.formatted(key);
    boolean query = place.startsWith("?");
    String fields =
        (query ? "" : shown + "\r\n")
            + "x-team: blue\r\nx-env: test\r\nx-session-id: "
            + key
            + "\r\n";
    try (RelayRig rig = relays.relay("tag.team", "header:x-team", "tag.env", "header:x-env")) {
      String target = CHAT + (query ? shown : "?key=theirs");
      assertEquals("200", said(post(rig, target, fields, "{\"model\":\"m\"}")));
      Provider.Request seen = relays.provider().take();
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

  /** Whether or not one has to be shown. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer\u00a0%s",
        "Authorization: Bearer%s",
        "Authorization: Bearer:%s",
        "Authorization: Bearer,%s",
        "Authorization: Bearer \"%s\"",
        "Authorization: Bearer sk-x, Bearer %s",
        "Authorization: Bearer x %s",
        "Authorization: Bearer %s\u00a0",
        "x-api-key: \u00a0%s",
        "x-api-key: x%s",
        "?KEY=x%s",
      })
  void aKeyThatIsShownInNoFormThatThereIsOpensNothingAndGoesNowhere(String place) throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    boolean query = place.startsWith("?");
    String shown = place.formatted(key);
    String target = CHAT + (query ? shown : "");
    String fields = query ? "" : shown + "\r\n";
    try (RelayRig rig = relays.relay("upstream.test.key.first", null)) {
      for (String required : List.of("true", "auto", "false")) {
        rig.reload("keys.required", required);
        String answer = said(post(rig, target, fields, "{\"model\":\"m\"}"));
        assertEquals("401 invalid_api_key", answer);
      }
      assertFalse(relays.provider().hasRequest());
    }
  }

  @Test
  void noParameterCarriesAVirtualKeyOnWhateverItsName() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig = relays.relay("keys.required", "false", "upstream.test.key.first", null)) {
      String target = CHAT + "?a=1;key=%s&token=%s&%%74t=1&t=%%74%s&alt=sse";
      String shown = target.formatted(key, key, key.substring(1));
      assertEquals("200", said(post(rig, shown, bearer("sk-theirs"), "{\"model\":\"m\"}")));
      Provider.Request seen = relays.provider().take();
      assertEquals("POST " + CHAT + "?%74t=1&alt=sse HTTP/1.1", seen.line());
      assertEquals("Bearer sk-theirs", seen.field("authorization"));
    }
  }

  @Test
  void whoShowsNoneOrAWrongOneIsRefusedAndToldNoMore() throws Exception {
    String good = relays.keys().issue("vk_good", "tenant=t");
    String other = relays.keys().issue("vk_other", "tenant=t");
    String revoked = relays.keys().issue("vk_revoked", "tenant=t; disabled=true");
    String expired = relays.keys().issue("vk_expired", "tenant=t; expires=2026-01-01T00:00:00Z");
    String typed =
        good.substring(0, 10) + (good.charAt(10) == 'a' ? 'b' : 'a') + good.substring(11);
    try (RelayRig rig = relays.relay()) {
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
    relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig = relays.relay();
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
    String barred = relays.keys().issue("vk_1", "tenant=t; routes=other");
    String narrow = relays.keys().issue("vk_2", "tenant=t; models=other*");
    try (RelayRig rig = relays.relay()) {
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
  void whoNeedNotShowOneGoesOnAsBeforeAndNoKeyOfOursDoes() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig = relays.relay("keys.required", "false", "upstream.test.key.first", null)) {
      assertEquals("200", asked(rig, "sk-theirs", "m"));
      assertEquals("Bearer sk-theirs", relays.provider().take().field("authorization"));
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
    try (RelayRig rig = relays.relay("upstream.test.key.first", null)) {
      assertEquals("200", asked(rig, "sk-theirs", "m"));
      assertEquals("Bearer sk-theirs", relays.provider().take().field("authorization"));
      assertEquals("401 invalid_api_key", asked(rig, IssuedKeys.unknown(), "m"));
      assertFalse(relays.provider().hasRequest());
    }
  }

  @Test
  void aFileWithAMistakeLeavesTheFormerKeys() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig = relays.relay()) {
      relays.keys().change("tenant=t", "tenant");
      while (!rig.counted("tailtap_keys_refreshes_total{result=\"failed\"}")) {
        LockSupport.parkNanos(1_000_000);
      }
      assertEquals("200", asked(rig, key, "m"));
      relays.keys().change("tenant", "tenant=u; disabled=true");
      while (!asked(rig, key, "m").equals("401 invalid_api_key")) {
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  @Test
  void whatRunsGoesOnWhenItsKeyIsRevoked() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    relays
        .provider()
        .answerWith(
            (request, answer) -> {
              answer.chunkedHead(ChatStream.SSE).chunk(ChatStream.CONTENT);
              relays.keys().change("tenant=t", "tenant=t; disabled=true");
              try (RawClient other = new RawClient(Integer.parseInt(request.field("x-port")))) {
                while (status(other, key) != 401) {
                  LockSupport.parkNanos(1_000_000);
                }
              }
              answer.chunk(ChatStream.CONTENT).lastChunk();
            });
    try (RelayRig rig = relays.relay("route.test.path", "/v1")) {
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
