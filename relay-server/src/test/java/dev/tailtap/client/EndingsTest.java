package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a client, the provider and the row see when an exchange does not go well. */
class EndingsTest {
  private static final String SSE = "text/event-stream";
  private static final String BODY = "{\"model\":\"m-1\",\"stream\":true}";
  private static final String EVENT = "data: {\"id\":\"c-1\",\"choices\":[]}\n\n";
  private static final String START =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","model":"m-1","usage":\
      {"input_tokens":11,"output_tokens":1}}}

      """;

  private static void assertOwnError(RawClient.Answer answer, int status, String code) {
    assertEquals(status, answer.status());
    assertEquals("application/json", answer.fields().get("content-type"));
    assertTrue(
        answer
            .text()
            .matches(
                "\\{\"error\":\\{\"message\":\"[^\"]+\",\"type\":\"[a-z_]+\",\"code\":\""
                    + code
                    + "\"}}\n"),
        answer.text());
  }

  @Test
  @Rule(value = "An upstream that cannot be reached is a 502.", source = "RFC 9110 section 15.6.3")
  void answers502AndWritesARowWhenTheUpstreamIsNotThere() throws Exception {
    try (ClosedPort gone = new ClosedPort();
        RelayRig rig = new RelayRig(gone.url());
        RawClient client = rig.client()) {
      assertOwnError(
          client.post("/v1/chat/completions", BODY).answer(), 502, "upstream_unreachable");
      Map<String, Object> row = rig.row();
      assertEquals("unreachable", row.get("outcome"));
      assertEquals("upstream_unreachable", row.get("error"));
      assertEquals(false, row.get("delivered"));
      assertEquals("m-1", row.get("request_model"));
      // The connection goes on.
      assertOwnError(client.get("/v1/models").answer(), 502, "upstream_unreachable");
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  @Rule(value = "A cut answer is never completed for the client.", source = "RFC 9112 section 8")
  void cutsTheClientWithoutAFalseEndWhenTheUpstreamClosesMidStream() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.chunkedHead(SSE).chunk(START).close());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/messages", BODY).answer();
      assertEquals(START, answer.text());
      assertFalse(answer.whole());
      Map<String, Object> row = rig.row();
      assertEquals("upstream_reset", row.get("outcome"));
      assertEquals("partial", row.get("usage_state"));
      assertEquals(11L, row.get("prompt_tokens"));
      assertEquals("msg_1", row.get("response_id"));
    }
  }

  @Test
  @Rule(value = "A cut inside a chunk cuts the client.", source = "RFC 9112 section 8")
  void cutsTheClientWhenTheUpstreamResetsInsideAChunk() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).send("ff\r\ndata: {");
                  read.await();
                  answer.reset();
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.post("/v1/chat/completions", BODY).head();
      read.countDown();
      assertTrue(client.read(1000).length() < 1000);
      assertEquals("upstream_reset", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "Where a close would pass for the end, a cut is a reset.",
      source = "RFC 9112 section 8")
  void resetsTheClientWhereACloseWouldPassForAnEnd() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\npart");
                  read.await();
                  answer.reset();
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.get("/v1/x").head();
      assertEquals("part", client.read(4));
      read.countDown();
      assertEquals("upstream_reset", rig.row().get("outcome"));
      org.junit.jupiter.api.Assertions.assertThrows(
          java.net.SocketException.class, () -> client.read(1));
    }
  }

  @Test
  @Rule(
      value = "A body that is shorter than its length cuts the client.",
      source = "RFC 9112 section 8")
  void cutsTheClientWhenABodyIsShorterThanItsLength() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort").close());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals("short", answer.text());
      assertFalse(answer.whole());
      assertEquals("upstream_reset", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(value = "A close without an answer is a 502.", source = "RFC 9110 section 15.6.3")
  void answers502WhenTheUpstreamClosesWithoutAnAnswer() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      assertOwnError(client.post("/v1/responses", BODY).answer(), 502, "upstream_closed");
      assertEquals("upstream_reset", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(value = "An answer that contradicts itself is a 502.", source = "RFC 9112 section 6.3")
  void answers502ToAnAnswerThatContradictsItself() throws Exception {
    String[] heads = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      "HTTP/1.1 two hundred\r\n\r\n",
    };
    for (String head : heads) {
      try (Provider provider = new Provider((request, answer) -> answer.send(head).awaitClose());
          RelayRig rig = new RelayRig(provider.url());
          RawClient client = rig.client()) {
        assertOwnError(client.get("/v1/x").answer(), 502, "upstream_bad_head");
        assertEquals("upstream_invalid", rig.row().get("outcome"), head);
      }
    }
  }

  @Test
  @Rule(
      value = "A client that leaves in mid-stream cancels its upstream at once.",
      source = "Tailtap, usage.on-client-abort=cancel")
  void cancelsTheUpstreamAtOnceWhenTheClientLeavesMidStream() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk(START);
                  if (answer.awaitClose()) {
                    cancelled.countDown();
                  }
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.post("/v1/messages", BODY).head();
      client.read(10);
      client.leave();
      assertTrue(cancelled.await(Patience.SECONDS, TimeUnit.SECONDS));
      Map<String, Object> row = rig.row();
      assertEquals("client_gone", row.get("outcome"));
      assertEquals("partial", row.get("usage_state"));
      assertEquals(11L, row.get("prompt_tokens"));
      assertTrue(rig.admin("/concurrency").contains("\"active\":0"));
    }
  }

  @Test
  @Rule(
      value = "A client that leaves before the answer cancels its upstream at once.",
      source = "Tailtap, usage.on-client-abort=cancel")
  void cancelsTheUpstreamWhenTheClientLeavesBeforeAnAnswer() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  if (answer.awaitClose()) {
                    cancelled.countDown();
                  }
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.post("/v1/messages", BODY);
      provider.take();
      client.reset();
      assertTrue(cancelled.await(Patience.SECONDS, TimeUnit.SECONDS));
      assertEquals("client_gone", rig.row().get("outcome"));
    }
  }

  @Test
  void readsAStreamToItsEndForAClientThatLeftWhereToldSo() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk(START);
                  left.await();
                  answer.chunk(
                      """
                      event: message_delta
                      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},\
                      "usage":{"output_tokens":5}}

                      """);
                  answer.chunk("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
                  answer.lastChunk();
                });
        RelayRig rig = new RelayRig(provider.url(), "usage.on-client-abort", "drain");
        RawClient client = rig.client()) {
      client.post("/v1/messages", BODY).head();
      client.leave();
      rig.awaitMetric("tailtap_client_connections 0.0");
      left.countDown();
      Map<String, Object> row = rig.row();
      assertEquals("client_gone", row.get("outcome"));
      assertEquals("final", row.get("usage_state"));
      assertEquals(11L, row.get("prompt_tokens"));
      assertEquals(5L, row.get("completion_tokens"));
      assertEquals("end_turn", row.get("finish_reason"));
    }
  }

  @Test
  void leavesAStreamAloneWhoseFrameCannotBeRead() throws Exception {
    String broken = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,,}}\n\n";
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.chunkedHead(SSE).chunk(EVENT).chunk(broken).lastChunk());
        RelayRig rig = new RelayRig(provider.url(), "usage.include", "leave");
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/chat/completions", BODY).answer();
      assertEquals(EVENT + broken, answer.text());
      assertTrue(answer.whole());
      assertEquals("unreadable", rig.row().get("usage_state"));
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(value = "No head in time is a 504.", source = "RFC 9110 section 15.6.5")
  void answers504WhenNoHeadComesInTime() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.head-timeout", "100ms");
        RawClient client = rig.client()) {
      assertOwnError(client.post("/v1/responses", BODY).answer(), 504, "upstream_head_timeout");
      assertEquals("timed_out", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(value = "A stream that falls silent is cut.", source = "RFC 9112 section 9.5")
  void cutsTheClientWhenAStreamFallsSilent() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.chunkedHead(SSE).chunk(EVENT).awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.idle-timeout", "100ms");
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/responses", BODY).answer();
      assertFalse(answer.whole());
      assertEquals("timed_out", rig.row().get("outcome"));
      assertEquals("upstream_idle_timeout", rig.row().get("error"));
    }
  }

  @Test
  @Rule(value = "A request body that stalls is a 408.", source = "RFC 9110 section 15.5.9")
  void answers408WhenARequestBodyStalls() throws Exception {
    try (Provider provider = new Provider((request, answer) -> {});
        RelayRig rig = new RelayRig(provider.url(), "limits.request-stall", "100ms");
        RawClient client = rig.client()) {
      client.send("POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 10\r\n\r\nhalf");
      assertOwnError(client.answer(), 408, "request_stalled");
      assertEquals("timed_out", rig.row().get("outcome"));
    }
  }

  @Test
  void writesOneRowForAnErrorInsideAStream() throws Exception {
    String error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.chunkedHead(SSE).chunk(EVENT).chunk(error).lastChunk());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      assertEquals(EVENT + error, client.post("/v1/chat/completions", BODY).answer().text());
      assertEquals("upstream_error", rig.row().get("outcome"));
      assertEquals("error_in_stream", rig.row().get("error"));
    }
  }
}
