package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a row says of who called, and how its caller finds it. */
class CallerRowsTest {
  private static final Provider.Script WELL =
      (request, answer) -> answer.whole(200, "application/json", "{}");

  @Test
  void keepsWhatTheCallerSaysOfItself() throws Exception {
    Map<String, Object> row =
        row(
            "User-Agent: Anthropic/JS 0.52.0\r\nX-Claude-Code-Session-Id: s-1\r\n"
                + "session_id: s-2\r\nx-claude-code-agent-id: a-1\r\n"
                + "x-stainless-retry-count: 2\r\nX-Team: blue \"one\"\r\nX-Team: red\r\n",
            "tag.team",
            "header:X-Team",
            "tag.cost-centre",
            "header:X-Cost-Centre",
            "relay.instance",
            "east-1");
    assertEquals("s-1", row.get("session"));
    assertEquals("a-1", row.get("agent"));
    assertEquals("Anthropic/JS", row.get("client"));
    assertEquals(2, row.get("client_retry"));
    assertEquals("{\"team\": \"blue \\\"one\\\"\"}", row.get("tags").toString());
    assertEquals("east-1", row.get("relay"));
  }

  @Test
  void isSilentOfWhatNobodySaid() throws Exception {
    Map<String, Object> row =
        row("x-stainless-retry-count: many\r\nX-Team: \t\r\n", "tag.team", "header:x-team");
    for (String column : new String[] {"session", "agent", "client", "client_retry", "tags"}) {
      assertNull(row.get(column), column);
    }
  }

  /**
   * RFC 9110 5.5 leaves bytes beyond ASCII open; clients of today send UTF-8, older ones Latin-1.
   */
  @Test
  void readsUtf8WhereItIs() throws Exception {
    String utf8 = new String("Z\u00fcrich \ud83d\ude00".getBytes(UTF_8), ISO_8859_1);
    Map<String, Object> row =
        row(
            "X-Team: " + utf8 + "\r\nX-Old: Gen\u00e8ve\r\n",
            "tag.team",
            "header:x-team",
            "tag.old",
            "header:x-old");
    assertEquals(
        "{\"old\": \"Gen\u00e8ve\", \"team\": \"Z\u00fcrich \ud83d\ude00\"}",
        row.get("tags").toString());
  }

  @Test
  void cutsAndCleansAndCounts() throws Exception {
    try (Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "tag.team", "header:x-team");
        RawClient client = rig.client()) {
      String values = "x-team: " + "\u00e9\t".repeat(500) + "\r\n";
      client.send(
          "GET /v1/models HTTP/1.1\r\nHost: relay\r\n"
              + values
              + "x-team: b\r\n".repeat(50)
              + "\r\n");
      assertEquals(200, client.answer().status());
      String tags = rig.row().get("tags").toString();
      assertTrue(tags.length() < 200, tags);
      assertFalse(tags.contains("\\t"), tags);
      rig.awaitMetric("tailtap_row_claims_cut_total 1.0");
    }
  }

  @Test
  void keepsTheProvidersNameOfTheRequestAndWhenItsFirstEventCame() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    Provider.Script script =
        (request, answer) -> {
          answer.send(
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nrequest-id: req_1\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n");
          answer.chunk(": waiting\n\n");
          seen.await();
          answer.chunk("data: {\"id\":\"x\"}\n\n").lastChunk();
        };
    try (Provider provider = new Provider(script);
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client().post("/v1/chat/completions", "{}")) {
      RawClient.Answer head = client.head();
      assertEquals(": waiting\n\n", client.chunk());
      seen.countDown();
      client.rest(head);
      Map<String, Object> row = rig.row();
      assertEquals("req_1", row.get("provider_request_id"));
      assertTrue(
          (long) row.get("first_event_ms") >= (long) row.get("first_byte_ms"), row.toString());
      String id = head.fields().get("x-tailtap-id");
      assertEquals(row.get("id").toString(), id);
      assertTrue(rig.admin("/records?id=" + id).contains("\"request_bytes\":2"));
      assertEquals(
          "{\"records\":[],\"next\":null,\"looked_back_to\":null}",
          rig.admin("/records?id=01900000-0000-7000-8000-000000000000").strip());
      assertTrue(rig.admin("/records?id=1").contains("id must be a UUID"));
    }
  }

  @Test
  void theRelaysOwnAnswerNamesItsRowToo() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client().post("/v1/chat/completions", "{}")) {
      RawClient.Answer answer = client.answer();
      assertEquals(502, answer.status());
      assertEquals(rig.row().get("id").toString(), answer.fields().get("x-tailtap-id"));
    }
  }

  @Test
  void aCommentIsNoEvent() throws Exception {
    Provider.Script script =
        (request, answer) ->
            answer.chunkedHead("text/event-stream").chunk(": ping\n\n").lastChunk();
    try (Provider provider = new Provider(script);
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client().post("/v1/chat/completions", "{}")) {
      client.answer();
      Map<String, Object> row = rig.row();
      assertNotNull(row.get("first_byte_ms"));
      assertNull(row.get("first_event_ms"));
    }
  }

  @Test
  void namesItsRowInNoAnswerIfSoConfigured() throws Exception {
    try (Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "relay.id-header", "");
        RawClient client = rig.client().post("/v1/chat/completions", "{}")) {
      assertNull(client.answer().fields().get("x-tailtap-id"));
    }
  }

  private static Map<String, Object> row(String fields, String... settings) throws Exception {
    try (Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), settings);
        RawClient client = rig.client()) {
      client.send("GET /v1/models HTTP/1.1\r\nHost: relay\r\n" + fields + "\r\n");
      assertEquals(200, client.answer().status());
      return rig.row();
    }
  }
}
