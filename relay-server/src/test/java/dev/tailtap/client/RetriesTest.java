package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a request whose kept connection is lost before any answer. */
class RetriesTest {
  private static final String PATH = "/v1/embeddings";
  private static final String BODY = "{\"model\":\"m-1\",\"input\":\"twelve\"}";

  /** Answers the first request of each connection, and does something else to the second. */
  private static Provider provider(Provider.Script second) throws Exception {
    int[] last = {0};
    return new Provider(
        (request, answer) -> {
          boolean first = request.connection() != last[0];
          last[0] = request.connection();
          if (first) {
            answer.whole(200, "application/json", request.text());
          } else {
            second.answer(request, answer);
          }
        });
  }

  private static RelayRig rig(Provider provider, String... settings) throws Exception {
    String[] all = new String[settings.length + 4];
    System.arraycopy(settings, 0, all, 4, settings.length);
    all[0] = "relay.loops";
    all[1] = "1";
    all[2] = "upstream.test.retry-reused";
    all[3] = "true";
    return new RelayRig(provider.url(), all);
  }

  private static RawClient.Answer second(RawClient client) throws Exception {
    assertEquals(200, client.post(PATH, BODY).answer().status());
    return client.post(PATH, BODY).answer();
  }

  @Test
  @Rule(
      value = "A POST whose connection is lost after bytes of it left is not repeated",
      source = "RFC 9110 section 9.2.2")
  void doesNotRepeatARequestByItself() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.reset());
        RelayRig rig = new RelayRig(provider.url(), "relay.loops", "1");
        RawClient client = rig.client()) {
      RawClient.Answer answer = second(client);
      assertEquals(502, answer.status());
      Map<String, Object> row = rig.rows(2).get(1);
      assertEquals("upstream_reset", row.get("outcome"));
      provider.take();
      provider.take();
      assertFalse(provider.hasRequest());
    }
  }

  @Test
  @Rule(
      value =
          "Where configured, a request lost on a kept connection is sent once more, on a new one",
      source = "conf upstream.NAME.retry-reused")
  void repeatsARequestOnANewConnectionWhereToldSo() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.reset());
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      RawClient.Answer answer = second(client);
      assertEquals(200, answer.status());
      assertEquals(BODY, answer.text());
      List<Map<String, Object>> rows = rig.rows(2);
      assertEquals(2, rows.size());
      assertEquals("completed", rows.get(1).get("outcome"));
      assertEquals((long) BODY.length(), rows.get(1).get("request_bytes"));
      assertEquals(2, provider.connections());
      provider.take();
      assertEquals(BODY, provider.take().text());
      assertEquals(BODY, provider.take().text());
      rig.awaitMetric("tailtap_upstream_retries_total{reason=\"lost\"} 1.0");
    }
  }

  @Test
  @Rule(
      value = "A chunked body is framed anew when it is sent once more",
      source = "RFC 9112 section 7.1")
  void repeatsAChunkedBody() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.reset());
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      assertEquals(200, client.get("/v1/x").answer().status());
      client.send(
          "POST /v1/x HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      assertEquals("abcde", client.answer().text());
      rig.awaitMetric("tailtap_upstream_retries_total{reason=\"lost\"} 1.0");
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  @Rule(
      value = "A request whose body is larger than what is held for it is not repeated",
      source = "conf upstream.NAME.retry-body")
  void doesNotRepeatABodyThatItDoesNotHold() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.reset());
        RelayRig rig = rig(provider, "upstream.test.retry-body", "16");
        RawClient client = rig.client()) {
      assertEquals(502, second(client).status());
    }
  }

  @Test
  @Rule(
      value = "A request is not repeated once a byte of an answer came",
      source = "conf upstream.NAME.retry-reused")
  void doesNotRepeatOnceAnAnswerBegan() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.send("HTTP/1").close());
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      assertEquals(502, second(client).status());
      assertEquals(1, provider.connections());
    }
  }

  @Test
  @Rule(
      value = "A request lost on a new connection is not repeated",
      source = "conf upstream.NAME.retry-reused")
  void doesNotRepeatWhatWasLostOnANewConnection() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.reset());
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      assertEquals(502, client.post(PATH, BODY).answer().status());
      assertEquals(1, provider.connections());
      assertEquals("upstream_reset", rig.row().get("error"));
    }
  }

  @Test
  @Rule(value = "A request is repeated once at most", source = "conf upstream.NAME.retry-reused")
  void repeatsOnlyOnce() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.reset());
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      assertEquals(200, client.post(PATH, BODY).answer().status());
      provider.answerWith((request, answer) -> answer.reset());
      assertEquals(502, client.post(PATH, BODY).answer().status());
      assertEquals(2, provider.connections());
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  @Rule(
      value = "A request is asked again with the question for usage that it had",
      source = "conf upstream.NAME.retry-reused")
  void repeatsARequestWithItsQuestion() throws Exception {
    try (Provider provider = provider((request, answer) -> answer.reset());
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      assertEquals(200, client.get("/v1/x").answer().status());
      String path = "/v1/chat/completions";
      assertEquals(200, client.post(path, ChatStream.NOT_ASKED).answer().status());
      provider.take();
      String first = provider.take().text();
      assertEquals(first, provider.take().text());
      assertEquals(ChatStream.ASKED.length(), first.length());
    }
  }
}
