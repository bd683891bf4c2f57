package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An upstream with a key of its own: whatever a client shows ends at the relay. */
class PooledKeysTest {
  private static final String SHOWN =
      "Host: relay\r\nAuthorization: Bearer theirs\r\nx-api-key: theirs\r\nAPI-Key: theirs\r\n"
          + "X-Goog-Api-Key: theirs\r\nOcp-Apim-Subscription-Key: theirs\r\n\r\n";

  private Provider provider;
  private RelayRig rig;

  @BeforeEach
  void start() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    rig = new RelayRig(provider.url(), "upstream.test.key.first", "ours");
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
    provider.close();
  }

  @Test
  void theProviderSeesTheKeyOfThePoolAloneWhereItsDialectHasIt() throws Exception {
    assertSeen("/v1/chat/completions?key=theirs", "/v1/chat/completions", "authorization");
    assertSeen("/v1/messages?a=1&key=theirs", "/v1/messages?a=1", "x-api-key");
    assertSeen(
        "/v1beta/models/m:generateContent?key=theirs&alt=json",
        "/v1beta/models/m:generateContent?alt=json",
        "x-goog-api-key");
  }

  @Test
  void thePageOfUpstreamsHasTheLabelAndNothingHasTheKey() throws Exception {
    String page = rig.admin("/upstreams");
    assertTrue(page.contains("\"name\":\"test\",\"state\":\"ok\""), page);
    assertTrue(page.contains("\"label\":\"first\",\"state\":\"ok\""), page);
    String metrics = rig.admin("/metrics");
    String line = "tailtap_upstream_state{key=\"first\",state=\"ok\",upstream=\"test\"} 1.0\n";
    assertTrue(metrics.contains(line), metrics);
    assertFalse(page.contains("ours") || metrics.contains("ours"));
  }

  private void assertSeen(String asked, String target, String place) throws Exception {
    try (RawClient client = rig.client()) {
      assertEquals(200, client.send("GET " + asked + " HTTP/1.1\r\n" + SHOWN).answer().status());
    }
    Provider.Request request = provider.take();
    assertEquals("GET " + target + " HTTP/1.1", request.line());
    for (String field :
        new String[] {
          "authorization", "x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key"
        }) {
      String ours = field.equals("authorization") ? "Bearer ours" : "ours";
      if (field.equals(place)) {
        assertEquals(ours, request.field(field));
      } else {
        assertNull(request.field(field), field);
      }
    }
  }
}
