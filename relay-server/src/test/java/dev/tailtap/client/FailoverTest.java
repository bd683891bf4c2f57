package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is tried at another upstream, what never, and what the rows say of it. */
class FailoverTest {
  @ParameterizedTest
  @ValueSource(ints = {429, 503, 529})
  void goesOnWhereAnUpstreamRefusesToWork(int status) throws Exception {
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(status))) {
      RawClient.Answer answer = rig.post();
      assertEquals(200, answer.status());
      assertEquals(FailoverRig.ANSWER, answer.text());
      assertEquals(
          List.of("test 1 " + status + " upstream_error false", "b 2 200 completed true"),
          rig.rows(2));
      List<Map<String, Object>> rows = rig.relay.rowsUnder("/m", 2);
      assertEquals(rows.get(0).get("id"), rows.get(0).get("call"));
      assertEquals(rows.get(0).get("id"), rows.get(1).get("call"));
      assertEquals(7L, rows.get(1).get("total_tokens"));
      assertEquals(FailoverRig.BODY, rig.a.take().text());
      assertEquals(FailoverRig.BODY, rig.b.take().text());
    }
  }

  @Test
  void goesOnWhereNoByteCanHaveLeft() throws Exception {
    try (ClosedPort closed = new ClosedPort();
        FailoverRig rig = new FailoverRig(FailoverRig::well, "upstream.test.url", closed.url())) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(List.of("b 1 200 completed true"), rig.rows(1));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 408, 422, 500, 502, 504})
  void leavesToTheClientWhatMayBeBilledOrIsItsOwnFault(int status) throws Exception {
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(status))) {
      RawClient.Answer answer = rig.post();
      assertEquals(status, answer.status());
      assertEquals("{\"no\":" + status + "}", answer.text());
      assertEquals(List.of("test 1 " + status + " upstream_error true"), rig.rows(1));
      assertFalse(rig.b.hasRequest());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 402, 403, 404, 408, 500, 502, 504})
  void goesOnAfterWhatItsRouteNames(int status) throws Exception {
    String on = Integer.toString(status);
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(status), "route.m.retry-on", on)) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(
          List.of("test 1 " + status + " upstream_error false", "b 2 200 completed true"),
          rig.rows(2));
    }
  }

  /** At every byte of the head of the answer. */
  @Test
  void goesOnWhereverTheHeadIsCutIfItsRouteSaysSo() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n";
    int[] cut = {0};
    Provider.Script script =
        (request, answer) -> {
          answer.send(head.substring(0, cut[0]));
          if (cut[0] % 2 == 0) {
            answer.close();
          } else {
            answer.reset();
          }
        };
    try (FailoverRig rig =
        new FailoverRig(
            script,
            "route.m.retry-on",
            "reset",
            "route.m.balance",
            "spread",
            "route.m.upstreams",
            "test*1000 | b")) {
      int expected = 0;
      for (; cut[0] < head.length(); cut[0]++) {
        assertEquals(FailoverRig.ANSWER, rig.post().text(), "cut at " + cut[0]);
        expected += rig.a.hasRequest() ? 2 : 1; // after five failures in a row it is out
        while (rig.a.hasRequest()) {
          rig.a.take();
        }
      }
      List<String> rows = rig.rows(expected);
      assertEquals(expected, rows.size());
      assertEquals(
          head.length(), rows.stream().filter(row -> row.endsWith("completed true")).count());
    }
  }

  @Test
  void doesNotGoOnWhereTheHeadIsCutByItself() throws Exception {
    try (FailoverRig rig = new FailoverRig((request, answer) -> answer.reset())) {
      assertEquals(502, rig.post().status());
      assertEquals(List.of("test 1 null upstream_reset false"), rig.rows(1));
      assertFalse(rig.b.hasRequest());
    }
  }

  @Test
  void givesTheLastAnswerOfAnUpstreamByteForByte() throws Exception {
    Provider.Script chunked =
        (request, answer) ->
            answer.send(
                "HTTP/1.1 429 Slow\r\nX-Of: b\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nyet\r\n0\r\n\r\n");
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(503), chunked)) {
      RawClient.Answer answer = rig.post();
      assertEquals(429, answer.status());
      assertEquals("yet", answer.text());
      assertEquals(
          List.of("test 1 503 upstream_error false", "b 2 429 upstream_error true"), rig.rows(2));
    }
  }

  @Test
  void givesTheAnswerThatItHadWhereTheNextCannotBeReached() throws Exception {
    try (ClosedPort closed = new ClosedPort();
        FailoverRig rig = new FailoverRig(FailoverRig.says(429), "upstream.b.url", closed.url())) {
      RawClient.Answer answer = rig.post();
      assertEquals(429, answer.status());
      assertEquals("{\"no\":429}", answer.text());
      assertEquals(List.of("test 1 429 upstream_error true"), rig.rows(1));
    }
  }

  @Test
  void givesTheAnswerThatItHadWhereTheNextBreaksOff() throws Exception {
    try (FailoverRig rig =
        new FailoverRig(FailoverRig.says(429), (request, answer) -> answer.reset())) {
      RawClient.Answer answer = rig.post();
      assertEquals(429, answer.status());
      assertEquals("{\"no\":429}", answer.text());
      assertEquals(
          List.of("test 1 429 upstream_error true", "b 2 null upstream_reset false"), rig.rows(2));
    }
  }

  @Test
  void holdsNoMoreOfABodyThanItsRouteSays() throws Exception {
    String large = "{\"model\":\"m-1\",\"pad\":\"" + "x".repeat(5000) + "\"}";
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(429), "route.m.retry-body", "4KiB")) {
      assertEquals(429, rig.post(FailoverRig.PATH, large).status());
      rig.relay.awaitMetric("tailtap_failover_unarmed_total{why=\"body\"} 1.0");
      assertFalse(rig.b.hasRequest());
    }
  }

  @Test
  void holdsNoMoreOfAllBodiesThanItsLimit() throws Exception {
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(429), "limits.replay-memory", "8")) {
      assertEquals(429, rig.post().status());
      rig.relay.awaitMetric("tailtap_failover_unarmed_total{why=\"memory\"} 1.0");
    }
  }

  @Test
  void aParkedUpstreamIsNotAskedUntilItsTimeIsOver() throws Exception {
    Provider.Script parks =
        (request, answer) ->
            answer.send("HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n");
    try (FailoverRig rig = new FailoverRig(parks)) {
      for (int i = 0; i < 5; i++) {
        assertEquals(200, rig.post().status());
      }
      assertEquals(6, rig.rows(6).size());
      rig.a.take();
      assertFalse(rig.a.hasRequest(), "it was asked again");
      assertTrue(rig.relay.admin("/upstreams").contains("\"callers_parked\":1"));
    }
  }

  @Test
  void refusesWhereAllAreParked() throws Exception {
    Provider.Script parks =
        (request, answer) ->
            answer.send("HTTP/1.1 429 Slow\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
    try (FailoverRig rig = new FailoverRig(parks, parks)) {
      assertEquals(429, rig.post().status());
      RawClient.Answer refused = rig.post();
      assertEquals(429, refused.status());
      assertTrue(refused.text().contains("upstreams_parked"), refused.text());
      int after = Integer.parseInt(refused.fields().get("retry-after"));
      assertTrue(after > 90 && after <= 101, "after " + after);
      assertEquals(2, rig.rows(2).size());
    }
  }

  /** Who shows a key of his own has a limit of his own. */
  @Test
  void whatOneCallerIsRefusedKeepsNobodyElseFromAnUpstream() throws Exception {
    Provider.Script limited =
        (request, answer) -> {
          if ("Bearer spent".equals(request.field("authorization"))) {
            answer.send("HTTP/1.1 429 Slow\r\nRetry-After: 9000\r\nContent-Length: 0\r\n\r\n");
          } else {
            FailoverRig.well(request, answer);
          }
        };
    try (FailoverRig rig = new FailoverRig(limited, limited);
        RawClient client = rig.relay.client()) {
      assertEquals(429, as("spent", client));
      assertEquals(429, as("spent", client));
      assertEquals(200, as("good", client));
      assertEquals(429, as("spent", client));
      assertEquals(200, as("other", client));
      assertEquals(
          List.of(
              "test 1 429 upstream_error false",
              "b 2 429 upstream_error true",
              "test 1 200 completed true",
              "test 1 200 completed true"),
          rig.rows(4));
    }
  }

  private static int as(String key, RawClient client) throws Exception {
    client.send("GET /m/v1 HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer " + key + "\r\n\r\n");
    return client.answer().status();
  }

  @Test
  void anUpstreamThatFailsIsLeftOutAfterFiveTimes() throws Exception {
    try (ClosedPort closed = new ClosedPort();
        FailoverRig rig = new FailoverRig(FailoverRig::well, "upstream.test.url", closed.url())) {
      for (int i = 0; i < 8; i++) {
        assertEquals(200, rig.post().status());
      }
      String page = rig.relay.admin("/metrics");
      assertTrue(page.contains("tailtap_upstream_connects_total{upstream=\"test\"} 5.0"), page);
      assertTrue(rig.relay.admin("/upstreams").contains("\"out\""));
    }
  }

  @Test
  void asksNoMoreOftenThanItsTries() throws Exception {
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(503), "route.m.tries", "1")) {
      assertEquals(503, rig.post().status());
      assertFalse(rig.b.hasRequest());
    }
  }

  @Test
  void anUpstreamThatIsNothingButBusyIsLeftOutAfterFiveTimes() throws Exception {
    try (FailoverRig rig = new FailoverRig(FailoverRig.says(529))) {
      for (int i = 0; i < 8; i++) {
        assertEquals(200, rig.post().status());
      }
      assertEquals(8 + 5, rig.rows(8 + 5).size());
      assertTrue(rig.relay.admin("/upstreams").contains("\"out\""));
    }
  }
}
