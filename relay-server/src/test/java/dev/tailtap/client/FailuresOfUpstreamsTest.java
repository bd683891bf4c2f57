package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ways to fail that take their time, or are not what they seem, where there is another upstream.
 */
class FailuresOfUpstreamsTest {
  private static final List<String> BY_B = List.of("b 1 200 completed true");

  @Test
  void goesOnWhereTheNameIsNotFound() throws Exception {
    try (FailoverRig rig =
        new FailoverRig(FailoverRig::well, "upstream.test.url", "http://no-such-host.invalid")) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(BY_B, rig.rows(1));
    }
  }

  @Test
  void goesOnWhereNoTlsComesAbout() throws Exception {
    try (Provider plain = new Provider((request, answer) -> answer.close());
        FailoverRig rig =
            new FailoverRig(
                FailoverRig::well, "upstream.test.url", "https://127.0.0.1:" + plain.port())) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(BY_B, rig.rows(1));
    }
  }

  @Test
  void goesOnWhereNoHeadComesInTimeIfItsRouteSaysSo() throws Exception {
    String[] settings = {"upstream.test.head-timeout", "300ms", "route.m.retry-on", "head-timeout"};
    try (FailoverRig rig = new FailoverRig((request, answer) -> answer.awaitClose(), settings)) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(List.of("test 1 null timed_out false", "b 2 200 completed true"), rig.rows(2));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "event"})
  void waitsNoLongerForTheRestOfARefusal(String commit) throws Exception {
    Provider.Script stalls =
        (request, answer) -> {
          answer.send("HTTP/1.1 503 No\r\nContent-Type: text/event-stream\r\n");
          answer.send("Content-Length: 10\r\n\r\nab");
          answer.awaitClose();
        };
    try (FailoverRig rig = new FailoverRig(stalls, "route.m.commit", commit)) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(List.of("test 1 503 timed_out false", "b 2 200 completed true"), rig.rows(2));
    }
  }

  /** What it had is no whole answer, and what is not whole must not look so. */
  @Test
  void givesNobodyAPartOfARefusalThatStalled() throws Exception {
    Provider.Script stalls =
        (request, answer) -> {
          answer.send("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n").chunk("ab");
          answer.awaitClose();
        };
    try (ClosedPort closed = new ClosedPort();
        FailoverRig rig = new FailoverRig(stalls, "upstream.b.url", closed.url())) {
      RawClient.Answer answer = rig.post();
      assertEquals(502, answer.status());
      assertTrue(answer.text().contains("upstream_unreachable"), answer.text());
      assertEquals(List.of("test 1 503 timed_out false"), rig.rows(1));
    }
  }

  @Test
  void passesARefusalOnThatIsTooLargeToBeHeld() throws Exception {
    Provider.Script large =
        (request, answer) -> {
          answer.send("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n");
          for (int i = 0; i < 100; i++) {
            answer.chunk("x".repeat(1_000));
          }
          answer.lastChunk();
        };
    try (FailoverRig rig = new FailoverRig(large);
        FailoverRig known =
            new FailoverRig((request, answer) -> answer.whole(503, "a/b", "x".repeat(70_000)))) {
      RawClient.Answer answer = rig.post();
      assertEquals(503, answer.status());
      assertEquals(100_000, answer.body().length);
      assertFalse(rig.b.hasRequest());
      assertEquals(70_000, known.post().body().length);
      assertFalse(known.b.hasRequest());
    }
  }

  @Test
  void goesOnWhileTheRequestIsStillComing() throws Exception {
    Provider.Script early =
        new Provider.Script() {
          @Override
          public void head(Provider.Request bodyless, Provider.Answer answer) throws IOException {
            answer.whole(503, "text/plain", "early");
          }

          @Override
          public void answer(Provider.Request request, Provider.Answer answer) {}
        };
    String half = "x".repeat(2_000);
    try (FailoverRig rig = new FailoverRig(early);
        RawClient client = rig.relay.client()) {
      client.send("POST /m/v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 4000\r\n\r\n" + half);
      client.send(half);
      assertEquals(200, client.answer().status());
      assertEquals(half + half, rig.b.take().text());
    }
  }

  @Test
  void asksTheNextForUsageAgainWhereTheFirstTookNoSuchQuestion() throws Exception {
    Provider.Script strict =
        (request, answer) ->
            answer.whole(request.text().contains("stream_options") ? 400 : 503, "a/b", "no");
    String events = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5}}\n\ndata: [DONE]\n\n";
    try (FailoverRig rig =
        new FailoverRig(
            strict,
            (request, answer) -> answer.whole(200, "text/event-stream", events),
            "usage.include",
            "ask")) {
      assertEquals(
          "data: [DONE]\n\n",
          rig.post(FailoverRig.PATH, "{\"model\":\"m\",\"stream\":true}").text());
      assertTrue(rig.b.take().text().contains("include_usage"));
      assertEquals(5L, rig.relay.rowsUnder("/m", 2).get(1).get("prompt_tokens"));
    }
  }

  /** What it says counts, and not how its connection ended. */
  @Test
  void takesARefusalThatBreaksOffForWhatItSays() throws Exception {
    Provider.Script breaks =
        (request, answer) ->
            answer
                .send("HTTP/1.1 429 Slow\r\nRetry-After: 900\r\nContent-Length: 10\r\n\r\nab")
                .close();
    try (FailoverRig rig = new FailoverRig(breaks)) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(200, rig.post().status());
      assertEquals(
          List.of(
              "test 1 429 upstream_reset false",
              "b 2 200 completed true",
              "b 1 200 completed true"),
          rig.rows(3));
    }
  }

  /** It had begun, so it is billed. */
  @Test
  void doesNotTakeALaterErrorForTheFirstEvent() throws Exception {
    String both =
        "event: message_start\ndata: {\"type\":\"message_start\"}\n\n"
            + "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n";
    try (FailoverRig rig =
        new FailoverRig(
            (request, answer) -> answer.whole(200, "text/event-stream", both),
            "route.m.commit",
            "event",
            "route.m.retry-on",
            "error-event")) {
      assertEquals(both, rig.post().text());
      assertFalse(rig.b.hasRequest());
    }
  }

  @Test
  void endsARequestThatNamesASecondModelOnItsWay() throws Exception {
    try (FailoverRig rig = FailoverRig.byModel("cheap");
        RawClient client = rig.relay.client()) {
      client.send(
          "POST /m/v1/x HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "10\r\n{\"model\":\"cheap\"\r\n");
      rig.relay.awaitMetric("tailtap_streams_active{upstream=\"b\"} 1.0");
      client.send("f\r\n,\"model\":\"dear\"\r\n");
      RawClient.Answer answer = client.answer();
      assertEquals(400, answer.status());
      assertTrue(answer.text().contains("two_models"), answer.text());
    }
  }

  @Test
  void triesTheNextKeyOfAnUpstreamThatHasNoOtherPlace() throws Exception {
    Provider.Script busy =
        (request, answer) -> {
          boolean one = "Bearer one".equals(request.field("authorization"));
          answer.whole(one ? 429 : 200, "application/json", FailoverRig.ANSWER);
        };
    try (FailoverRig rig =
        new FailoverRig(
            busy,
            "upstream.test.key.a",
            "one",
            "upstream.test.key.b",
            "two",
            "upstream.test.streams",
            "1")) {
      assertEquals(200, rig.post().status());
      assertFalse(rig.b.hasRequest());
    }
  }

  /** It is the upstream that failed, whatever key it is shown. */
  @Test
  void triesNoOtherKeyOfAnUpstreamThatFailed() throws Exception {
    Provider.Script fails =
        (request, answer) -> answer.whole(500, "application/json", "{\"no\":500}");
    try (FailoverRig rig =
        new FailoverRig(
            fails,
            "upstream.test.key.a",
            "one",
            "upstream.test.key.b",
            "two",
            "route.m.retry-on",
            "500")) {
      assertEquals(FailoverRig.ANSWER, rig.post().text());
      assertEquals(
          List.of("test 1 500 upstream_error false", "b 2 200 completed true"), rig.rows(2));
    }
  }

  /** Whose fault it is says the status: any client may make up a method. */
  @Test
  void aMethodThatAnUpstreamDoesNotKnowIsNoFailureOfIts() throws Exception {
    Provider.Script unknown =
        (request, answer) -> answer.whole(501, "application/json", "{\"no\":501}");
    try (FailoverRig rig = new FailoverRig(unknown)) {
      for (int i = 0; i < 7; i++) {
        assertEquals(501, rig.post().status());
        rig.a.take();
      }
      assertFalse(rig.b.hasRequest());
    }
  }

  /**
   * It may be the patience of the upstream's own server that ended, while its client took nothing.
   */
  @Test
  void anAnswerThatBreaksOffAfterItsClientHeldItUpIsNoFailureOfItsUpstream() throws Exception {
    String piece = "x".repeat(1 << 20);
    Provider.Script breaksOff =
        (request, answer) -> {
          answer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
          for (int i = 0; i < 16; i++) {
            answer.send(piece);
          }
          answer.close();
        };
    try (FailoverRig rig = new FailoverRig(breaksOff)) {
      for (int i = 0; i < 7; i++) {
        try (RawClient client = rig.relay.client()) {
          client.post(FailoverRig.PATH, FailoverRig.BODY);
          rig.a.take();
          rig.relay.awaitBacklog();
          assertFalse(client.answer().whole());
        }
      }
      assertFalse(rig.b.hasRequest());
    }
  }

  /** It may be the price of one request alone that is too high for the account. */
  @Test
  void asksAKeyWithoutCreditWhereThereIsNoOther() throws Exception {
    Provider.Script poor = (request, answer) -> answer.whole(402, "application/json", "{}");
    try (FailoverRig rig =
        new FailoverRig(poor, poor, "upstream.test.key.a", "one", "upstream.b.key.b", "two")) {
      for (int i = 0; i < 4; i++) {
        assertEquals(402, rig.post().status(), "of " + i);
      }
    }
  }
}
