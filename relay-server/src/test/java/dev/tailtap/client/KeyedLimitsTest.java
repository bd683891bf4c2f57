package dev.tailtap.client;

import static dev.tailtap.client.KeyedRelays.CHAT;
import static dev.tailtap.client.KeyedRelays.asked;
import static dev.tailtap.client.KeyedRelays.bearer;
import static dev.tailtap.client.KeyedRelays.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits of callers who show virtual keys. */
class KeyedLimitsTest {
  @RegisterExtension private final KeyedRelays relays = new KeyedRelays();

  @Test
  void eachKeyHasABucketOfItsOwnWhereALimitIsByKey() throws Exception {
    String first = relays.keys().issue("vk_1", "tenant=t");
    String second = relays.keys().issue("vk_2", "tenant=t");
    try (RelayRig rig = relays.relay("limit.a.per", "key", "limit.a.requests", "1/h")) {
      assertEquals("200", asked(rig, first, "m"));
      assertEquals("429 requests_limit", asked(rig, first, "m"));
      assertEquals("200", asked(rig, second, "m"));
      assertEquals("429 requests_limit", asked(rig, second, "m"));
      String page = rig.admin("/limits");
      assertTrue(page.contains("{\"key\":\"vk_1\"}") && page.contains("{\"key\":\"vk_2\"}"), page);
      assertFalse(page.contains(first) || rig.admin("/metrics").contains(first));
    }
  }

  @Test
  void aLimitThatNamesAKeyIsForThatOneAlone() throws Exception {
    String first = relays.keys().issue("vk_1", "tenant=t");
    String second = relays.keys().issue("vk_2", "tenant=t");
    try (RelayRig rig = relays.relay("limit.a.match", "key:vk_1", "limit.a.requests", "1/h")) {
      assertEquals("200", asked(rig, first, "m"));
      assertEquals("429 requests_limit", asked(rig, first, "m"));
      assertEquals("200", asked(rig, second, "m"));
      assertEquals("200", asked(rig, second, "m"));
    }
  }

  @Test
  @Rule(
      value = "A key that names a limit is under it, and goes nowhere where there is none of it",
      source = "docs/LIMITS.md")
  void aKeyIsUnderTheLimitThatItNames() throws Exception {
    String named = relays.keys().issue("vk_1", "tenant=t; limit=small");
    String free = relays.keys().issue("vk_2", "tenant=t");
    String lost = relays.keys().issue("vk_3", "tenant=t; limit=gone");
    try (RelayRig rig = relays.relay("limit.small.match", "named", "limit.small.requests", "1/h")) {
      assertEquals("200", asked(rig, named, "m"));
      assertEquals("429 requests_limit", asked(rig, named, "m"));
      assertEquals("200", asked(rig, free, "m"));
      assertEquals("200", asked(rig, free, "m"));
      assertEquals("403 limit_unknown", asked(rig, lost, "m"));
      assertEquals(3, rig.rows(3).size());
    }
  }

  @Test
  void theKeysOfATenantShareWhatItMayUse() throws Exception {
    String first = relays.keys().issue("vk_1", "tenant=one");
    String second = relays.keys().issue("vk_2", "tenant=one");
    String other = relays.keys().issue("vk_3", "tenant=two");
    try (RelayRig rig =
        relays.relay(
            "limit.a.per", "tenant", "limit.a.match", "tenant:*", "limit.a.requests", "20/h")) {
      assertEquals("200", asked(rig, first, "m"));
      assertEquals("200", asked(rig, second, "m"));
      assertEquals("429 requests_limit", asked(rig, first, "m"));
      assertEquals("429 requests_limit", asked(rig, second, "m"));
      assertEquals("200", asked(rig, other, "m"));
    }
  }

  @Test
  void whatAKeyMayNotDoTakesNothingOfItsLimit() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig =
        relays.relay("limit.a.per", "key", "limit.a.match", "model:*", "limit.a.requests", "1/h")) {
      assertEquals("403 model_not_allowed", asked(rig, key, "slow"));
      assertEquals("200", asked(rig, key, "fast"));
      assertEquals("429 requests_limit", asked(rig, key, "fast"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | Authorization: Bearer | \"code\":\"requests_limit\"",
        "/v1/messages | x-api-key: | \"error_code\":\"requests_limit\"",
        "/v1beta/models/m:generateContent | x-goog-api-key: | \"status\":\"RESOURCE_EXHAUSTED\""
      })
  @Rule(
      value = "A request beyond a limit is answered 429 in the shape of its API, with Retry-After",
      source = "RFC 6585 section 4")
  void refusesInTheShapeOfTheApiByWhoseFieldTheKeyCame(String path, String field, String said)
      throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig = relays.relay("limit.a.per", "key", "limit.a.requests", "6/m")) {
      String shown = field + " " + key + "\r\n";
      assertEquals(200, post(rig, path, shown, "{\"model\":\"m\"}").status());
      RawClient.Answer refused = post(rig, path, shown, "{\"model\":\"m\"}");
      assertEquals(429, refused.status());
      assertTrue(refused.text().contains(said), refused.text());
      assertFalse(refused.text().contains(key));
      int seconds = Integer.parseInt(refused.fields().get("retry-after"));
      assertTrue(seconds >= 1 && seconds <= 10, seconds + " seconds");
    }
  }

  @Test
  void itIsNoWayAroundALimitToShowNoKeyWhereNoneIsDemanded() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig =
        relays.relay("keys.required", "false", "limit.a.per", "key", "limit.a.requests", "1/h")) {
      assertEquals("200", asked(rig, key, "m"));
      assertEquals(200, post(rig, CHAT, bearer("own"), "{\"model\":\"m\"}").status());
      assertEquals(429, post(rig, CHAT, bearer("other"), "{\"model\":\"m\"}").status());
    }
  }
}
