package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Answers of an upstream that break the rules, or only look so. */
class StrictAnswersTest {
  private static Provider provider;
  private static RelayRig rig;

  @BeforeAll
  static void start() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    rig = new RelayRig(provider.url(), "relay.loops", "1", "usage.settle", "after");
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
    provider.close();
  }

  @Test
  @Rule(
      value = "An answer whose framing contradicts itself is a 502, and its connection is closed.",
      source = "RFC 9112 section 6.3")
  void answers502ToContradictoryFraming() throws Exception {
    for (String fields :
        new String[] {
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n",
          "Content-Length: 5, 6\r\n",
          "Content-Length: +5\r\n",
          "Content-Length: 5\r\nContent-Length: 5, 6\r\n",
          "Content-Length: 5,\r\n",
          "Content-Length: 5x\r\n",
          "Content-Length: 99999999999999999999\r\n",
          "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: chunked, gzip\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: identity\r\n",
        }) {
      badHead("HTTP/1.1 200 OK\r\n" + fields + "\r\nhello");
      badHead("HTTP/1.0 200 OK\r\n" + fields + "\r\nhello");
    }
  }

  @Test
  @Rule(
      value = "A length that an answer says more than once goes on as one.",
      source = "RFC 9110 section 8.6")
  void mergesLengthsThatAreTheSame() throws Exception {
    for (String fields :
        new String[] {
          "Content-Length: 5\r\nContent-Length: 5\r\n",
          "Content-Length: 5, 5\r\n",
          "Content-Length: 5,5,5\r\n",
          "Content-Length: 5, 5\r\nX: y\r\ncontent-length: 5\r\n",
          "Content-Length: 05\r\n",
        }) {
      for (String version : new String[] {"1.0", "1.1"}) {
        provider.answerWith(
            (request, answer) ->
                answer.send("HTTP/" + version + " 200 OK\r\n" + fields + "\r\nhello"));
        RawClient.Answer answer = get();
        assertEquals(200, answer.status(), fields);
        assertEquals("5", answer.fields().get("content-length"), fields);
        assertEquals("hello", answer.text(), fields);
      }
    }
  }

  @Test
  @Rule(
      value = "A transfer coding in an HTTP/1.0 answer is a 502.",
      source = "RFC 9112 section 6.1")
  void answers502ToACodingInHttp10() throws Exception {
    badHead("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }

  @Test
  @Rule(value = "A status line that is none is a 502.", source = "RFC 9112 section 4")
  void answers502ToWhatIsNoStatusLine() throws Exception {
    for (String line :
        new String[] {
          "HTTP/1.1 200 O\u0001K",
          "HTTP/1.1 two hundred",
          "HTTP/2.0 200 OK",
          "HTTP/1.1 99 Low",
          "HTTP/1.1 1000 High",
          "HTTP/1.1 -200 OK",
          "HTTP/1.1",
          "ICY 200 OK",
          "http/1.1 200 OK",
          "garbage"
        }) {
      badHead(line + "\r\nContent-Length: 0\r\n\r\n");
    }
  }

  @Test
  @Rule(
      value = "A reason may be missing, and a status that nobody knows passes.",
      source = "RFC 9112 section 4")
  void passesAStatusWithoutAReasonAndUnknownOnes() throws Exception {
    for (String status : new String[] {"200", "200 ", "299 Odd", "529 Overloaded"}) {
      provider.answerWith(
          (request, answer) ->
              answer.send("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nok"));
      RawClient.Answer answer = get();
      assertEquals(Integer.parseInt(status.substring(0, 3)), answer.status());
      assertEquals("ok", answer.text());
    }
  }

  @Test
  @Rule(
      value =
          "White space before a colon is taken out of an answer, and a folded field is one line.",
      source = "RFC 9112 section 5")
  void mendsWhatAnAnswerMayHave() throws Exception {
    provider.answerWith(
        (request, answer) ->
            answer.send(
                "HTTP/1.1 200 OK\r\nX-Space : a\r\nX-Fold: b\r\n  c\r\nContent-Length: 2\r\n\r\nok"));
    RawClient.Answer answer = get();
    assertEquals("a", answer.fields().get("x-space"));
    assertEquals("b c", answer.fields().get("x-fold"));
    assertEquals("ok", answer.text());
  }

  @Test
  @Rule(value = "A 101 that nobody asked for is a 502.", source = "RFC 9110 section 7.8")
  void answers502ToASwitchOfProtocols() throws Exception {
    badHead("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  }

  @Test
  @Rule(
      value = "An answer to HEAD, a 204 and a 304 have no body, whatever their fields say.",
      source = "RFC 9112 section 6.3")
  void takesNoBodyWhereThereIsNone() throws Exception {
    for (String fields :
        new String[] {
          "Content-Length: 5\r\n",
          "Transfer-Encoding: chunked\r\n",
          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        }) {
      provider.answerWith(
          (request, answer) -> answer.send("HTTP/1.1 200 OK\r\n" + fields + "\r\n"));
      try (RawClient client = rig.client()) {
        client.send("HEAD /v1/x HTTP/1.1\r\nHost: relay\r\n\r\n");
        assertEquals(200, client.head().status(), fields);
        provider.answerWith((request, answer) -> answer.whole(200, "text/plain", "next"));
        assertEquals("next", client.get("/v1/y").answer().text(), fields);
        assertEquals(provider.take().connection(), provider.take().connection(), fields);
      }
      for (int status : new int[] {204, 304}) {
        provider.answerWith(
            (request, answer) -> answer.send("HTTP/1.1 " + status + " X\r\n" + fields + "\r\n"));
        try (RawClient client = rig.client()) {
          RawClient.Answer head = client.get("/v1/x").head();
          assertEquals(status, head.status());
          assertNull(head.fields().get("transfer-encoding"));
          assertTrue(status == 304 || head.fields().get("content-length") == null, fields);
          provider.answerWith((request, answer) -> answer.whole(200, "text/plain", "next"));
          assertEquals("next", client.get("/v1/y").answer().text(), fields);
          assertEquals(provider.take().connection(), provider.take().connection(), fields);
        }
      }
    }
  }

  @Test
  @Rule(
      value = "A connection of which bytes are left when its answer is over is not used again.",
      source = "RFC 9112 section 6.3")
  void evictsAConnectionWithSurplusBytes() throws Exception {
    for (String surplus :
        new String[] {
          "HTTP/1.1 204 No Content\r\n\r\nhello",
          "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"
              + "Content-Length: 6\r\n\r\npoison",
        }) {
      provider.answerWith(
          (request, answer) -> {
            if (request.line().contains("/v1/a")) {
              answer.send(surplus);
            } else {
              answer.whole(200, "text/plain", "clean");
            }
          });
      try (RawClient client = rig.client()) {
        // Both at once, so that the second takes its connection while the first's bytes are there.
        client.send("GET /v1/a HTTP/1.1\r\nHost: r\r\n\r\nGET /v1/b HTTP/1.1\r\nHost: r\r\n\r\n");
        Provider.Request first = provider.take();
        assertTrue((surplus.contains(" 204 ") ? client.head() : client.answer()).status() < 300);
        assertEquals("clean", client.answer().text(), surplus);
        assertFalse(first.connection() == provider.take().connection(), surplus);
      }
    }
  }

  @Test
  @Rule(
      value = "An idle connection on which a byte comes is closed, and its byte answers nobody.",
      source = "RFC 9112 section 9.3")
  void evictsAnIdleConnectionThatSpeaks() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    provider.answerWith(
        (request, answer) -> {
          answer.whole(200, "text/plain", "ok");
          answer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
          if (answer.awaitClose()) {
            closed.countDown();
          }
        });
    try (RawClient client = rig.client()) {
      assertEquals("ok", client.get("/v1/a").answer().text());
      provider.take();
      assertTrue(closed.await(Patience.SECONDS, TimeUnit.SECONDS));
      provider.answerWith((request, answer) -> answer.whole(200, "text/plain", "clean"));
      assertEquals("clean", client.get("/v1/b").answer().text());
      provider.take();
    }
  }

  @Test
  @Rule(
      value = "A connection is used again after an answer without a body.",
      source = "RFC 9112 section 9.3")
  void keepsAConnectionAfterAnEmptyAnswer() throws Exception {
    provider.answerWith(
        (request, answer) -> answer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    try (RawClient client = rig.client()) {
      client.get("/v1/a").answer();
      client.get("/v1/b").answer();
      assertEquals(provider.take().connection(), provider.take().connection());
    }
  }

  @Test
  @Rule(
      value = "Malformed chunks of an answer cut it; the client never sees a last chunk.",
      source = "RFC 9112 section 8")
  void neverCompletesAnAnswerWithMalformedChunks() throws Exception {
    for (String broken :
        new String[] {
          "3 x\r\nabc\r\n0\r\n\r\n",
          "g\r\n",
          "3\r\nabcd\r\n0\r\n\r\n",
          "3\nabc\n0\n\n",
          "ffffffffffffffff\r\n",
          "0".repeat(300) + "\r\n\r\n",
          "3;a=\n\r\nabc\r\n0\r\n\r\n",
          "3;" + "x".repeat(20_000) + "\r\nabc\r\n0\r\n\r\n",
          "3\r\nabc\r\n0\r\nX y\r\n\r\n"
        }) {
      provider.answerWith(
          (request, answer) -> answer.chunkedHead("text/plain").chunk("ok").send(broken));
      RawClient.Answer answer = get();
      assertFalse(answer.whole(), broken);
    }
  }

  /** The relay answers for an upstream that breaks the rules, and lets it go. */
  private static void badHead(String bytes) throws Exception {
    provider.answerWith((request, answer) -> assertTrue(answer.send(bytes).awaitClose()));
    RawClient.Answer answer = get();
    assertEquals(502, answer.status(), bytes);
    assertTrue(answer.text().contains("upstream_bad_head"), answer.text());
  }

  private static RawClient.Answer get() throws Exception {
    try (RawClient client = rig.client()) {
      RawClient.Answer answer = client.get("/v1/x").answer();
      provider.take();
      return answer;
    }
  }
}
