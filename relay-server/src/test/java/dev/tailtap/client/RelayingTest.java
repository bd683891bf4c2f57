package dev.tailtap.client;

import static dev.tailtap.client.ChatStream.ASKED;
import static dev.tailtap.client.ChatStream.CONTENT;
import static dev.tailtap.client.ChatStream.DONE;
import static dev.tailtap.client.ChatStream.FINISH;
import static dev.tailtap.client.ChatStream.SSE;
import static dev.tailtap.client.ChatStream.USAGE;
import static dev.tailtap.client.ChatStream.stream;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a client gets through the relay when all goes well. */
class RelayingTest {
  @Test
  @Rule(
      value = "An answer passes byte for byte, its chunks included.",
      source = "RFC 9110 section 7.7")
  void passesAStreamByteForByteWithItsChunks() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> stream(answer, CONTENT, FINISH, USAGE, DONE));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/chat/completions", ASKED).answer();
      StringBuilder framed = new StringBuilder();
      for (String event : List.of(CONTENT, FINISH, USAGE, DONE)) {
        framed.append(Integer.toHexString(event.length())).append("\r\n").append(event);
        framed.append("\r\n");
      }
      assertEquals(framed + "0\r\n\r\n", new String(answer.raw(), UTF_8));
      assertTrue(answer.whole());
      assertEquals(SSE, answer.fields().get("content-type"));
      assertEquals(ASKED, provider.take().text());

      Map<String, Object> row = rig.row();
      assertEquals("completed", row.get("outcome"));
      assertEquals("final", row.get("usage_state"));
      assertEquals(7L, row.get("prompt_tokens"));
      assertEquals(3L, row.get("completion_tokens"));
      assertEquals(10L, row.get("total_tokens"));
      assertEquals("m-1", row.get("request_model"));
      assertEquals("m-1-real", row.get("response_model"));
      assertEquals("c-1", row.get("response_id"));
      assertEquals("stop", row.get("finish_reason"));
      assertEquals("openai-chat", row.get("dialect"));
      assertEquals("test", row.get("upstream"));
      assertEquals("/v1/chat/completions", row.get("path"));
      assertEquals(1, row.get("attempt"));
      assertEquals(row.get("id"), row.get("call"));
      assertEquals(true, row.get("delivered"));
      assertEquals(true, row.get("streamed"));
      assertEquals(200, row.get("http_status"));
      assertEquals((long) ASKED.length(), row.get("request_bytes"));
      assertEquals((long) answer.raw().length, row.get("response_bytes"));
      assertEquals(3L, row.get("frames"));
      assertNull(row.get("error"));
    }
  }

  @Test
  @Rule(
      value = "An event is passed on at once.",
      source = "Tailtap, first promise: a stream is never harmed")
  void sendsAnEventAtOnceAndNotWithTheNext() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk(CONTENT);
                  seen.await(); // the next one comes only once the client has this one
                  answer.chunk(DONE).lastChunk();
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.post("/v1/chat/completions", ASKED).head();
      String chunk = Integer.toHexString(CONTENT.length()) + "\r\n" + CONTENT + "\r\n";
      assertEquals(chunk, client.read(chunk.length()));
      seen.countDown();
      String rest = "e\r\n" + DONE + "\r\n0\r\n\r\n";
      assertEquals(rest, client.read(rest.length()));
    }
  }

  @Test
  void metersAPlainJsonAnswer() throws Exception {
    String body =
        """
        {
          "id": "c-9", "model": "m-1-real", "object": "chat.completion",
          "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
          "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        }
        """;
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "application/json", body));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer =
          client.post("/v1/chat/completions", "{\"model\":\"m-1\",\"messages\":[]}").answer();
      assertEquals(body, answer.text());
      assertEquals("{\"model\":\"m-1\",\"messages\":[]}", provider.take().text());
      Map<String, Object> row = rig.row();
      assertEquals(7L, row.get("total_tokens"));
      assertEquals(false, row.get("streamed"));
      assertEquals("stop", row.get("finish_reason"));
      assertEquals("m-1", row.get("request_model"));
    }
  }

  @Test
  void takesCountsFromTheHeadWhereTheBodyHasNone() throws Exception {
    Provider.Script script =
        (request, answer) ->
            answer.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-prompt-tokens: 17\r\n"
                    + "x-generated-tokens: 20\r\nContent-Length: 21\r\n\r\n{\"generated_text\":\"a\"}");
    try (Provider provider = new Provider(script);
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      assertEquals(200, client.post("/generate", "{\"inputs\":\"x\"}").answer().status());
      Map<String, Object> row = rig.row();
      assertEquals(37L, row.get("total_tokens"));
      assertEquals("final", row.get("usage_state"));
      assertEquals("asked=never body=json last=other source=header", row.get("usage_note"));
    }
  }

  @Test
  @Rule(
      value = "Connections on both sides are kept once request and answer are complete.",
      source = "RFC 9112 section 9.3")
  void keepsConnectionsOnBothSides() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "application/json", "{}"));
        RelayRig rig = new RelayRig(provider.url(), "relay.loops", "1");
        RawClient client = rig.client()) {
      for (int i = 0; i < 5; i++) {
        assertEquals("{}", client.get("/v1/models").answer().text());
        assertEquals(1, provider.take().connection());
      }
      assertEquals(5, rig.rows(5).size());
    }
  }

  @Test
  @Rule(
      value = "Pipelined requests are answered in their order.",
      source = "RFC 9112 section 9.3.2")
  void answersPipelinedRequestsInOrder() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.whole(200, "text/plain", request.line().split(" ", 3)[1]));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        requests.append("GET /v1/n").append(i).append(" HTTP/1.1\r\nHost: relay\r\n\r\n");
      }
      client.send(requests.toString());
      for (int i = 0; i < 20; i++) {
        assertEquals("/v1/n" + i, client.answer().text());
      }
      assertEquals(20, rig.rows(20).size());
    }
  }

  @Test
  void streamsALargeRequestAndALargeAnswer() throws Exception {
    byte[] large = new byte[9 * 1024 * 1024];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) ('a' + i % 23);
    }
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", request.body()));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  client.send(
                      "POST /upload HTTP/1.1\r\nHost: relay\r\nContent-Length: "
                          + large.length
                          + "\r\n\r\n");
                  client.send(large);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      sender.start();
      RawClient.Answer answer = client.answer();
      sender.join();
      assertArrayEquals(large, answer.body());
      assertEquals((long) large.length, rig.row().get("request_bytes"));
      assertEquals((long) large.length, rig.row().get("response_bytes"));
    }
  }

  @Test
  @Rule(
      value = "A chunked request goes on chunked, without its extensions.",
      source = "RFC 9112 section 7.1")
  void forwardsAChunkedRequestBody() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", request.body()));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.send(
          "POST /v1/x HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
      assertEquals("abcde", client.answer().text());
      assertEquals("chunked", provider.take().field("transfer-encoding"));
    }
  }

  @Test
  @Rule(
      value = "Chunk extensions and trailers of an answer do not reach the client.",
      source = "RFC 9112 section 7.1.1")
  void leavesChunkExtensionsAndTrailersOutOfTheAnswer() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE);
                  answer.send("5;name=\"va;lue\"\r\nhello\r\n3\r\n, w\r\n4;");
                  answer.send("x");
                  answer.send("=y\r\norld\r\n0;last\r\nX-Trailer: secret\r\n\r\n");
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals(
          "5\r\nhello\r\n3\r\n, w\r\n4\r\norld\r\n0\r\n\r\n", new String(answer.raw(), UTF_8));
    }
  }

  @Test
  @Rule(
      value = "Fields of the connection end here in both directions; others keep their order.",
      source = "RFC 9110 section 7.6.1")
  void dropsTheFieldsOfAConnectionAndKeepsTheRest() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.send(
                        "HTTP/1.1 200 Fine\r\nKeep-Alive: timeout=5\r\nX-Own: 1\r\nX-Own: 2\r\n"
                            + "Connection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok"));
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.header.Authorization", "ours");
        RawClient client = rig.client()) {
      client.send(
          "GET /v1/x?a=b HTTP/1.1\r\nHost: relay\r\nConnection: X-Mine\r\nX-Mine: 1\r\nX-Kept: yes\r\n"
              + "Authorization: theirs\r\nAccept-Encoding: gzip\r\nTE: trailers\r\n\r\n");
      RawClient.Answer answer = client.answer();
      assertFalse(answer.fields().containsKey("keep-alive"));
      assertFalse(answer.fields().containsKey("x-hop"));
      assertEquals("2", answer.fields().get("x-own"));
      Provider.Request seen = provider.take();
      assertEquals("GET /v1/x?a=b HTTP/1.1", seen.line());
      assertNull(seen.field("x-mine"));
      assertNull(seen.field("te"));
      assertEquals("yes", seen.field("x-kept"));
      assertEquals(List.of("ours"), seen.fields().get("authorization"));
      assertEquals("identity", seen.field("accept-encoding"));
      assertEquals("127.0.0.1:" + provider.port(), seen.field("host"));
      assertTrue(seen.field("via").matches("1\\.1 tailtap-[0-9a-f]{12}"), seen.field("via"));
    }
  }

  @Test
  @Rule(value = "An HTTP/1.0 client gets no chunks.", source = "RFC 9112 section 7")
  void givesAnHttp10ClientItsAnswerWithoutChunks() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> stream(answer, CONTENT, FINISH, USAGE, DONE));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.send(
          "POST /v1/chat/completions HTTP/1.0\r\nContent-Length: "
              + ASKED.length()
              + "\r\n\r\n"
              + ASKED);
      RawClient.Answer answer = client.answer();
      assertFalse(answer.fields().containsKey("transfer-encoding"));
      assertEquals(CONTENT + FINISH + USAGE + DONE, answer.text());
      assertEquals(10L, rig.row().get("total_tokens"));
    }
  }

  @Test
  @Rule(
      value = "An answer that its close delimits is delimited by a close again.",
      source = "RFC 9112 section 6.3")
  void passesAnAnswerThatEndsWithItsConnection() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer
                        .send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
                        .close());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      assertEquals("all of it", answer.text());
      assertEquals("close", answer.fields().get("connection"));
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "100-continue is answered here, and other interim answers pass.",
      source = "RFC 9110 section 10.1.1")
  void passesInterimAnswersAndAnswersExpectationsItself() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
                  answer.whole(200, "text/plain", request.text());
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.send(
          "POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
      assertEquals(100, client.head().status());
      client.send("ok");
      assertEquals(103, client.head().status());
      assertEquals("ok", client.answer().text());
      assertNull(provider.take().field("expect"));
    }
  }

  @Test
  void passesErrorsOfTheUpstreamAsTheyAre() throws Exception {
    String error =
        "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"code\":\"rate\"}}";
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(429, "application/json", error));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/chat/completions", ASKED).answer();
      assertEquals(429, answer.status());
      assertEquals(error, answer.text());
      Map<String, Object> row = rig.row();
      assertEquals("upstream_error", row.get("outcome"));
      assertEquals(429, row.get("http_status"));
      assertEquals("absent", row.get("usage_state"));
    }
  }

  @Test
  void namesATenantByAFingerprintThatIsNotItsKey() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "application/json", "{}"));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.send("GET /a HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer sk-secret\r\n\r\n").answer();
      client.send("GET /b HTTP/1.1\r\nHost: r\r\nx-api-key: sk-secret\r\n\r\n").answer();
      client.send("GET /c?key=sk-secret HTTP/1.1\r\nHost: r\r\n\r\n").answer();
      client.send("GET /d HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer sk-other\r\n\r\n").answer();
      List<Map<String, Object>> rows = rig.rows(4);
      Object tenant = rows.get(0).get("tenant");
      assertEquals(tenant, rows.get(1).get("tenant"));
      assertEquals(tenant, rows.get(2).get("tenant"));
      assertFalse(tenant.equals(rows.get(3).get("tenant")));
      assertFalse(rows.toString().contains("sk-secret"));
      assertEquals("/c", rows.get(2).get("path"));
    }
  }
}
