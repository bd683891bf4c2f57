package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which upstream, key and model a request gets, and what its upstream is told. */
class SeveralUpstreamsTest {
  private static final String EVENTS = "text/event-stream";

  private static Provider.Script busyFor(String key) {
    return (request, answer) -> {
      if (("Bearer " + key).equals(request.field("authorization"))) {
        answer.send("HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n");
      } else {
        FailoverRig.well(request, answer);
      }
    };
  }

  @Test
  void asksWithTheNextKeyOfAPoolAndShowsNoneOfTheClients() throws Exception {
    try (FailoverRig rig =
            new FailoverRig(
                busyFor("s3cret-1"),
                "route.m.upstreams",
                "test",
                "upstream.test.key.one",
                "s3cret-1",
                "upstream.test.key.two",
                "s3cret-2");
        RawClient client = rig.relay.client()) {
      client.send(
          "POST /m/v1/chat/completions?key=mine&x=1 HTTP/1.1\r\nHost: relay\r\nx-api-key: mine\r\n"
              + "Authorization: Bearer mine\r\nContent-Length: 2\r\n\r\n{}");
      assertEquals(FailoverRig.ANSWER, client.answer().text());
      for (String key : List.of("s3cret-1", "s3cret-2")) {
        Provider.Request asked = rig.a.take();
        assertEquals("Bearer " + key, asked.field("authorization"));
        assertNull(asked.field("x-api-key"));
        assertEquals("POST /m/v1/chat/completions?x=1 HTTP/1.1", asked.line());
      }
      List<Map<String, Object>> rows = rig.relay.rowsUnder("/m", 2);
      assertEquals("one", rows.get(0).get("upstream_key"));
      assertEquals("two", rows.get(1).get("upstream_key"));
      assertEquals(rows.get(0).get("tenant"), rows.get(1).get("tenant"));
      assertFalse(rows.toString().contains("s3cret"));
      assertFalse(rig.relay.admin("/upstreams").contains("s3cret"));
    }
  }

  /** Head and body of the refusal come in one packet, and its connection serves the next try. */
  @Test
  void asksWithTheNextKeyOverTheConnectionThatSaidNo() throws Exception {
    Provider.Script busy =
        (request, answer) -> {
          if ("Bearer s3cret-1".equals(request.field("authorization"))) {
            answer.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
          } else {
            FailoverRig.well(request, answer);
          }
        };
    try (FailoverRig rig =
        new FailoverRig(
            busy,
            "route.m.upstreams",
            "test",
            "upstream.test.key.one",
            "s3cret-1",
            "upstream.test.key.two",
            "s3cret-2")) {
      for (int i = 0; i < 3; i++) {
        assertEquals(FailoverRig.ANSWER, rig.post().text());
      }
      assertEquals(1, rig.a.connections());
      assertEquals(6, rig.rows(6).size());
    }
  }

  @Test
  void asksEachForTheModelByItsNameThere() throws Exception {
    Provider.Script slow = (request, answer) -> answer.whole(429, "text/plain", "slow");
    try (FailoverRig rig =
        new FailoverRig(
            slow, "upstream.test.model.fast", "a-fast-1", "upstream.b.model.fast", "b-\"fast\"")) {
      String body = "{\"messages\":[],\"model\" : \"f\\u0061st\",\"n\":1}";
      assertEquals(200, rig.post(FailoverRig.PATH, body).status());
      assertEquals("{\"messages\":[],\"model\" : \"a-fast-1\",\"n\":1}", rig.a.take().text());
      Provider.Request second = rig.b.take();
      assertEquals("{\"messages\":[],\"model\" : \"b-\\\"fast\\\"\",\"n\":1}", second.text());
      assertEquals(
          Integer.toString(second.body().length), second.field("content-length"), "its length");
      List<Map<String, Object>> rows = rig.relay.rowsUnder("/m", 2);
      assertEquals("fast", rows.get(0).get("request_model"));
      assertEquals("a-fast-1", rows.get(0).get("sent_model"));
      assertEquals("b-\"fast\"", rows.get(1).get("sent_model"));
    }
  }

  @Test
  void asksForTheUsageAndTheModelInOneBody() throws Exception {
    Provider.Script stream =
        (request, answer) ->
            answer
                .chunkedHead(EVENTS)
                .chunk("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5}}\n\n")
                .chunk("data: [DONE]\n\n")
                .lastChunk();
    try (FailoverRig rig =
        new FailoverRig(
            stream, "upstream.test.model.fast", "a-fast", "upstream.test.usage", "ask")) {
      String body = "{\"model\":\"fast\",\"stream\":true}";
      assertEquals("data: [DONE]\n\n", rig.post(FailoverRig.PATH, body).text());
      assertEquals(
          "{\"stream_options\":{\"include_usage\":true},\"model\":\"a-fast\",\"stream\":true}",
          rig.a.take().text());
      assertEquals(5L, rig.relay.rowsUnder("/m", 1).get(0).get("prompt_tokens"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/m/v1/x|Content-Type: application/json|{\"model\":\"fast\",\"pad\":\"PAD\"}",
        "/m/v1/x|Content-MD5: x|{\"model\":\"fast\"}",
        "/m/v1/x|Authorization: AWS4-HMAC-SHA256 x|{\"model\":\"fast\"}",
        "/m/openai/deployments/fast/chat/completions|X-A: b|{\"messages\":[]}",
        "/m/v1/x|Content-Type: multipart/form-data; boundary=x|--x\r\n"
            + "Content-Disposition: form-data; name=\"model\"\r\n\r\nfast\r\n--x--\r\n"
      })
  void refusesWhatCannotBeAskedForByItsNameThere(String asked) throws Exception {
    String[] parts = asked.split("\\|", -1);
    String body = parts[2].replace("PAD", "x".repeat(2_000));
    try (FailoverRig rig =
            new FailoverRig(
                FailoverRig::well,
                "upstream.test.model.fast",
                "x",
                "upstream.b.model.fast",
                "y",
                "limits.held-body",
                "1KiB");
        RawClient client = rig.relay.client()) {
      client.send(
          "POST %s HTTP/1.1\r\nHost: r\r\n%s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(parts[0], parts[1], body.length(), body));
      RawClient.Answer answer = client.answer();
      assertEquals(400, answer.status());
      assertTrue(answer.text().contains("model_sealed"), answer.text());
      assertFalse(rig.a.hasRequest() || rig.b.hasRequest());
      rig.relay.awaitMetric("tailtap_requests_refused_total{reason=\"model_sealed\"} 1.0");
    }
  }

  @Test
  void leadsByTheModelThatIsAskedFor() throws Exception {
    try (FailoverRig rig = FailoverRig.byModel("o3 gpt-*")) {
      assertEquals(
          200, rig.post(FailoverRig.PATH, "{\"messages\":[],\"model\":\"gpt-5\"}").status());
      assertEquals("gpt-5", rig.relay.rowsUnder("/m", 1).get(0).get("request_model"));
      assertTrue(rig.b.hasRequest());
      assertEquals(200, rig.post(FailoverRig.PATH, "{\"model\":\"gpt4\"}").status());
      assertEquals(200, rig.post("/m/v1/models", "").status());
      assertEquals(
          List.of(
              "b 1 200 completed true", "test 1 200 completed true", "test 1 200 completed true"),
          rig.rows(3));
      RawClient.Answer twice = rig.post(FailoverRig.PATH, "{\"model\":\"o3\",\"model\":\"gpt4\"}");
      assertEquals(400, twice.status());
      assertTrue(twice.text().contains("two_models"), twice.text());
    }
  }

  @Test
  void leadsByTheModelOfAFormAndOfAnEncodedBody() throws Exception {
    String form =
        "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n"
            + "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x--\r\n";
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write("{\"messages\":[],\"model\":\"gpt-5\"}".getBytes(StandardCharsets.US_ASCII));
    }
    try (FailoverRig rig = FailoverRig.byModel("whisper-* gpt-5");
        RawClient client = rig.relay.client()) {
      client.send(
          "POST /m/v1/audio/transcriptions HTTP/1.1\r\nHost: r\r\nContent-Length: "
              + form.length()
              + "\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
              + form);
      assertEquals(200, client.answer().status());
      assertEquals(form, rig.b.take().text());
      client.send(
          "POST /m/v1/chat/completions HTTP/1.1\r\nHost: r\r\nContent-Encoding: gzip\r\n"
              + "Content-Length: "
              + zipped.size()
              + "\r\n\r\n");
      client.send(zipped.toByteArray());
      assertEquals(200, client.answer().status());
      assertArrayEquals(zipped.toByteArray(), rig.b.take().body());
      List<Map<String, Object>> rows = rig.relay.rowsUnder("/m", 2);
      assertEquals("whisper-1", rows.get(0).get("request_model"));
      assertEquals("gpt-5", rows.get(1).get("request_model"));
    }
  }

  @Test
  void refusesAModelThatNoRouteLeads() throws Exception {
    try (FailoverRig rig =
        new FailoverRig(FailoverRig::well, "route.m.models", "gpt-*", "route.test.models", "x")) {
      RawClient.Answer answer = rig.post(FailoverRig.PATH, "{\"model\":\"o3\"}");
      assertEquals(404, answer.status());
      assertTrue(answer.text().contains("no_route"));
      assertEquals(200, rig.post(FailoverRig.PATH, "{\"model\":\"gpt-1\"}").status());
      assertEquals(1, rig.rows(1).size());
    }
  }

  @Test
  void takesItsOwnPathOff() throws Exception {
    try (FailoverRig rig = new FailoverRig(FailoverRig::well, "route.m.strip", "/m")) {
      rig.post();
      assertEquals("POST /v1/chat/completions HTTP/1.1", rig.a.take().line());
    }
  }

  @Test
  void sticksToWhatTheRequestShows() throws Exception {
    try (FailoverRig rig =
            new FailoverRig(
                FailoverRig::well,
                "route.m.upstreams",
                "test b",
                "route.m.balance",
                "sticky",
                "route.m.sticky",
                "header:X-Session");
        RawClient client = rig.relay.client()) {
      Map<String, String> where = new HashMap<>();
      for (int i = 0; i < 60; i++) {
        String session = "s" + i % 20;
        client.send(
            "GET /m/" + session + " HTTP/1.1\r\nHost: r\r\nX-Session: " + session + "\r\n\r\n");
        assertEquals(200, client.answer().status());
      }
      for (Map<String, Object> row : rig.relay.rowsUnder("/m", 60)) {
        String upstream = (String) row.get("upstream");
        String before = where.put((String) row.get("path"), upstream);
        assertTrue(before == null || before.equals(upstream), "it moved");
      }
      assertTrue(where.containsValue("test") && where.containsValue("b"));
    }
  }

  @Test
  void keepsToTheWeights() throws Exception {
    try (FailoverRig rig =
            new FailoverRig(
                FailoverRig::well, "route.m.upstreams", "test*3 b", "route.m.balance", "spread");
        RawClient client = rig.relay.client()) {
      for (int i = 0; i < 100; i++) {
        assertEquals(200, client.get("/m/v1").answer().status());
      }
      long first = rig.rows(100).stream().filter(row -> row.startsWith("test")).count();
      assertTrue(first >= 74 && first <= 76, first + " of 100 where 75 should be");
    }
  }

  @Test
  void leavesStateWhereItIs() throws Exception {
    Provider.Script slow = (request, answer) -> answer.whole(429, "text/plain", "slow");
    String ask = "{\"input\":\"x\",\"previous_response_id\":\"r1\"}";
    try (FailoverRig rig = new FailoverRig(slow)) {
      assertEquals(429, rig.post("/m/v1/files", "{}").status());
      assertEquals(429, rig.post("/m/v1/responses", ask).status());
      assertFalse(rig.b.hasRequest());
      assertEquals(200, rig.post("/m/v1/responses", "{\"input\":\"x\"}").status());
    }
  }

  @Test
  void commitsWithTheFirstEventWhereItsRouteSaysSo() throws Exception {
    Provider.Script overloaded =
        (request, answer) ->
            answer
                .chunkedHead(EVENTS)
                .chunk(": hello\n\n")
                .chunk("event: ping\ndata: {}\n\n")
                .chunk("event: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}\n\n")
                .lastChunk();
    try (FailoverRig rig =
        new FailoverRig(overloaded, "route.m.commit", "event", "route.m.retry-on", "error-event")) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(
          List.of("test 1 200 upstream_error false", "b 2 200 completed true"), rig.rows(2));
    }
  }

  @Test
  void passesAStreamOnFromItsFirstEvent() throws Exception {
    Provider.Script stream =
        (request, answer) -> {
          answer.chunkedHead(EVENTS).chunk(": hello\n\n");
          answer.chunk("data: {\"choices\":[]}\n\n");
          answer.awaitClose();
        };
    try (FailoverRig rig = new FailoverRig(stream, "route.m.commit", "event");
        RawClient client = rig.relay.client()) {
      assertEquals(200, client.post(FailoverRig.PATH, FailoverRig.BODY).head().status());
      assertEquals(": hello\n\n", client.chunk());
      assertEquals("data: {\"choices\":[]}\n\n", client.chunk());
    }
  }

  @Test
  void goesOnWhereNoEventComesInTime() throws Exception {
    Provider.Script silent =
        (request, answer) -> {
          answer.chunkedHead(EVENTS).chunk(": hello\n\n");
          answer.awaitClose();
        };
    try (FailoverRig rig =
        new FailoverRig(
            silent,
            "route.m.commit",
            "event",
            "route.m.retry-on",
            "first-event",
            "upstream.test.first-event-timeout",
            "300ms")) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(List.of("test 1 200 timed_out false", "b 2 200 completed true"), rig.rows(2));
    }
  }
}
