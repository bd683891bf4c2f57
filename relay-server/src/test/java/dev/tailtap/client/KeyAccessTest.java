package dev.tailtap.client;

import static dev.tailtap.client.KeyedRelays.CHAT;
import static dev.tailtap.client.KeyedRelays.asked;
import static dev.tailtap.client.KeyedRelays.bearer;
import static dev.tailtap.client.KeyedRelays.post;
import static dev.tailtap.client.KeyedRelays.said;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a good key is good for: models, routes, upstreams. */
@Rule(
    value = "A key with models lets no other through, whatever an upstream calls them",
    source = "SECURITY.md")
class KeyAccessTest {
  @RegisterExtension private final KeyedRelays relays = new KeyedRelays();

  @Test
  void aModelIsJudgedByWhatIsAskedForBeforeAnyAlias() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast,gpt-4o*");
    try (RelayRig rig =
        relays.relay("upstream.test.model.fast", "real", "upstream.test.model.x", "gpt-4o")) {
      assertEquals("200", asked(rig, key, "fast"));
      assertEquals("{\"model\":\"real\"}", relays.provider().take().text());
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
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relays.relay("limits.held-body", "64KiB")) {
      for (String body : List.of("", "{}", "no json", "{\"model\":7}", "[{\"model\":\"fast\"}]")) {
        assertEquals("400 model_unreadable", said(post(rig, CHAT, bearer(key), body)), body);
      }
      // far beyond what may be held, since the last read may bring more than that at once
      String far = "{\"a\":\"" + "x".repeat(300_000) + "\",\"model\":\"fast\"}";
      assertEquals("400 model_unreadable", said(post(rig, CHAT, bearer(key), far)));
      String encoded = bearer(key) + "Content-Encoding: gzip\r\n";
      assertEquals("400 model_unreadable", said(post(rig, CHAT, encoded, "{\"model\":\"fast\"}")));
      String types =
          "Content-Type: application/json\r\nContent-Type: multipart/form-data; boundary=x";
      String form =
          "\r\n--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nslow\r\n--x--";
      assertEquals(
          "400 model_unreadable",
          said(post(rig, CHAT, bearer(key) + types + "\r\n", "{\"model\":\"fast\"}" + form)));
      assertEquals("200", asked(rig, key, "fast"));
      relays.provider().take();
      assertFalse(relays.provider().hasRequest());
      try (RawClient client = rig.client()) {
        client.send("GET /v1/models HTTP/1.1\r\nHost: relay\r\n" + bearer(key) + "\r\n");
        assertEquals(200, client.answer().status());
      }
    }
  }

  @Test
  void whereThePathNamesAModelThatOneCounts() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relays.relay()) {
      String path = "/v1beta/models/%s:generateContent";
      assertEquals(200, post(rig, path.formatted("fast"), bearer(key), "{}").status());
      String other = "{\"model\":\"fast\"}";
      assertEquals(403, post(rig, path.formatted("slow"), bearer(key), other).status());
    }
  }

  @Test
  void aSecondModelThatComesAfterTheFirstHasLetItThroughEndsIt() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relays.relay();
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
    String east = relays.keys().issue("vk_1", "tenant=t; upstreams=ea*");
    String west = relays.keys().issue("vk_2", "tenant=t; upstreams=west; routes=t*");
    String nowhere = relays.keys().issue("vk_3", "tenant=t; upstreams=north");
    String otherRoute = relays.keys().issue("vk_4", "tenant=t; routes=x,other*");
    try (RelayRig rig =
        relays.relay(
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
            relays.provider().url(),
            "upstream.east.key.a",
            "of-east",
            "upstream.west.url",
            relays.provider().url(),
            "upstream.west.header.x-api-key",
            "of-west")) {
      for (int i = 0; i < 8; i++) {
        assertEquals("200", asked(rig, east, "m"));
        assertEquals("Bearer of-east", relays.provider().take().field("authorization"));
        assertEquals("200", asked(rig, west, "m"));
        Provider.Request seen = relays.provider().take();
        assertEquals("of-west", seen.field("x-api-key"));
        assertNull(seen.field("authorization"));
      }
      try (RawClient client = rig.client()) { // to where its state is, of those that it may reach
        client.send("GET /v1/files/f HTTP/1.1\r\nHost: relay\r\n" + bearer(west) + "\r\n");
        assertEquals(200, client.answer().status());
        assertEquals("of-west", relays.provider().take().field("x-api-key"));
      }
      assertEquals("403 route_not_allowed", asked(rig, nowhere, "m"));
      assertEquals("403 route_not_allowed", asked(rig, otherRoute, "m"));
    }
  }

  @Test
  void anUpstreamWithoutACredentialIsNotAskedUnlessItNeedsNone() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    try (RelayRig rig = relays.relay("upstream.test.key.first", null)) {
      assertEquals("502 upstream_without_credential", asked(rig, key, "m"));
      rig.reload("upstream.test.auth", "none");
      assertEquals("200", asked(rig, key, "m"));
      assertNull(relays.provider().take().field("authorization"));
    }
  }
}
