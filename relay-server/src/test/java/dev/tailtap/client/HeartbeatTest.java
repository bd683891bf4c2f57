package dev.tailtap.client;

import static dev.tailtap.client.ChatStream.CONTENT;
import static dev.tailtap.client.ChatStream.DONE;
import static dev.tailtap.client.ChatStream.SSE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Comments that keep a silent stream alive, and where they must not stand. */
class HeartbeatTest {
  private static final String PING = "8\r\n: ping\n\n\r\n";
  private static final String PATH = "/v1/chat/completions";
  private static final String BEATEN = "tailtap_heartbeats_total ";

  private static RelayRig rig(Provider provider, String... more) throws Exception {
    String[] settings = {"upstream.test.heartbeat", "50ms", "usage.include", "leave"};
    String[] all = Arrays.copyOf(settings, settings.length + more.length);
    System.arraycopy(more, 0, all, settings.length, more.length);
    return new RelayRig(provider.url(), all);
  }

  /** Everything up to the end of a chunked body. */
  private static String rest(RawClient client) throws Exception {
    StringBuilder rest = new StringBuilder();
    while (!rest.toString().endsWith("0\r\n\r\n")) {
      rest.append(client.read(1));
    }
    return rest.toString();
  }

  private static String chunk(String data) {
    return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
  }

  @Test
  @Rule(
      value = "While a stream is silent after a whole event, the client is sent a comment",
      source = "conf upstream.NAME.heartbeat")
  void sendsCommentsBetweenEvents() throws Exception {
    CountDownLatch beaten = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk(CONTENT);
                  beaten.await();
                  answer.chunk(DONE).lastChunk();
                });
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      client.post(PATH, ChatStream.ASKED).head();
      String start = chunk(CONTENT) + PING + PING;
      assertEquals(start, client.read(start.length()));
      beaten.countDown();
      String rest = rest(client).replace(PING, "");
      assertEquals(chunk(DONE) + "0\r\n\r\n", rest);
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A stream that has not begun is sent comments as well: that silence is the longest",
      source = "conf upstream.NAME.heartbeat")
  void sendsCommentsBeforeTheFirstEvent() throws Exception {
    CountDownLatch beaten = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE);
                  beaten.await();
                  answer.chunk(CONTENT).chunk(DONE).lastChunk();
                });
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      client.post(PATH, ChatStream.ASKED).head();
      assertEquals(PING + PING, client.read(2 * PING.length()));
      beaten.countDown();
      String rest = rest(client).replace(PING, "");
      assertEquals(CONTENT + DONE, rest.replaceAll("(?m)^[0-9a-f]+\r\n", "").replace("\r\n", ""));
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "9"})
  @Rule(
      value = "A byte order mark stands at the very start, or not at all",
      source = "WHATWG HTML section 9.2.5")
  void takesTheByteOrderMarkAwayThatWouldStandBehindAComment(int cut) throws Exception {
    byte[] marked = ("\uFEFF" + CONTENT).getBytes(StandardCharsets.UTF_8);
    CountDownLatch beaten = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE);
                  beaten.await();
                  answer.send(Integer.toHexString(cut) + "\r\n");
                  answer.send(Arrays.copyOf(marked, cut)).send("\r\n");
                  answer.send(Integer.toHexString(marked.length - cut) + "\r\n");
                  answer.send(Arrays.copyOfRange(marked, cut, marked.length)).send("\r\n");
                  answer.lastChunk();
                });
        RelayRig rig = rig(provider);
        RawClient client = rig.client()) {
      client.post(PATH, ChatStream.ASKED).head();
      client.read(PING.length());
      beaten.countDown();
      String text = rest(client).replaceAll("(?m)^[0-9a-f]+\r\n", "").replace("\r\n", "");
      assertEquals(CONTENT, text.replace(": ping\n\n", "").replaceAll("0$", ""));
    }
  }

  @Test
  @Rule(
      value = "No comment stands inside an event, however its bytes are cut",
      source = "conf upstream.NAME.heartbeat")
  void sendsNoCommentInsideAnEvent() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    CountDownLatch other = new CountDownLatch(1);
    String half = CONTENT.substring(0, 40);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  if (request.line().contains("/other")) {
                    answer.chunkedHead(SSE).chunk(CONTENT);
                    other.await();
                  } else {
                    answer.chunkedHead(SSE).chunk(DONE).chunk(half);
                    seen.await();
                    answer.chunk(CONTENT.substring(40)).lastChunk();
                  }
                });
        RelayRig rig = rig(provider);
        RawClient witness = rig.client();
        RawClient client = rig.client()) {
      client.post(PATH, ChatStream.ASKED);
      provider.take();
      witness.get("/other").head();
      // Time passes: another stream, silent after a whole event, is sent several.
      witness.read(chunk(CONTENT).length() + 4 * PING.length());
      seen.countDown();
      other.countDown();
      String text = client.answer().text();
      assertTrue(text.contains(CONTENT), text);
      assertEquals(DONE + CONTENT, text.replace(": ping\n\n", ""));
    }
  }

  @Test
  @Rule(
      value = "An encoded stream gets no comment and keeps its framing",
      source = "conf upstream.NAME.heartbeat")
  void leavesAnEncodedStreamAlone() throws Exception {
    CountDownLatch other = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  if (request.line().contains("/other")) {
                    answer.chunkedHead(SSE).chunk(CONTENT);
                    other.await();
                  } else {
                    answer.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: x\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n");
                    answer.chunk("odd\n\n");
                    other.await();
                    answer.lastChunk();
                  }
                });
        RelayRig rig = rig(provider);
        RawClient witness = rig.client();
        RawClient client = rig.client()) {
      client.post(PATH, ChatStream.ASKED);
      provider.take();
      witness.get("/other").head();
      witness.read(chunk(CONTENT).length() + 4 * PING.length());
      other.countDown();
      assertEquals("odd\n\n", client.answer().text());
    }
  }

  @Test
  @Rule(
      value = "A comment of the relay's is no progress of the upstream's",
      source = "conf upstream.NAME.idle-timeout")
  void stillEndsAStreamThatFellSilent() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.chunkedHead(SSE).chunk(CONTENT).awaitClose());
        RelayRig rig = rig(provider, "upstream.test.idle-timeout", "1s");
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post(PATH, ChatStream.ASKED).answer();
      assertFalse(answer.whole());
      assertTrue(answer.text().startsWith(CONTENT + ": ping\n\n"), answer.text());
      assertEquals("upstream_idle_timeout", rig.row().get("error"));
    }
  }

  @Test
  @Rule(
      value = "Without being told to, the relay adds nothing to a stream",
      source = "conf upstream.NAME.heartbeat")
  void addsNothingByDefault() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.chunkedHead(SSE).chunk(CONTENT).awaitClose());
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.idle-timeout", "1s");
        RawClient client = rig.client()) {
      assertEquals(CONTENT, client.post(PATH, ChatStream.ASKED).answer().text());
      rig.awaitMetric(BEATEN + "0.0");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "data: a/n/n, true",
    "data: a/r/r, true",
    "data: a/r/n/r/n, true",
    "data: a/n/r/n, true",
    "data: a/r/n/n, true",
    "data: a/n, false",
    "data: a/r/n, false",
    "data: a, false",
    "/n, false",
    "/r/n, false",
    "'', true"
  })
  @Rule(
      value = "An event ends after a blank line, whose line ends are LF, CR or both",
      source = "WHATWG HTML section 9.2.5")
  void knowsWhereAnEventEnds(String text, boolean reached) {
    String bytes = text.replace("/n", "\n").replace("/r", "\r");
    EventBoundary whole = new EventBoundary();
    whole.passed(Unpooled.copiedBuffer(bytes, StandardCharsets.US_ASCII), 0, bytes.length());
    EventBoundary cut = new EventBoundary();
    for (int i = 0; i < bytes.length(); i++) {
      cut.passed(Unpooled.copiedBuffer(bytes, StandardCharsets.US_ASCII), i, 1);
    }
    assertEquals(reached, whole.reached());
    assertEquals(reached, cut.reached());
  }
}
