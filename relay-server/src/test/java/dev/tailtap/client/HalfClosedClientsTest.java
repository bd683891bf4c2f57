package dev.tailtap.client;

import static dev.tailtap.client.ChatStream.CONTENT;
import static dev.tailtap.client.ChatStream.DONE;
import static dev.tailtap.client.ChatStream.FINISH;
import static dev.tailtap.client.ChatStream.NOT_ASKED;
import static dev.tailtap.client.ChatStream.SSE;
import static dev.tailtap.client.ChatStream.USAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that end their side after their request and go on reading. */
class HalfClosedClientsTest {
  private static final String BODY = "{\"model\":\"m\"}";

  /** More than a segment of the loopback, without which each one waits for a probe of 200 ms. */
  private static final int RECEIVED = 192 * 1024;

  private static final int TAKEN = 2 << 20;

  /** More than the kernel takes on the way to a client that takes nothing, at Linux's defaults. */
  private static final int SURELY_MORE_THAN_SENT = 16 << 20;

  @ParameterizedTest
  @ValueSource(strings = {"/v1/chat/completions", "/v1/messages", "/v1/x"})
  @Rule(
      value = "A client that ends its sending side after its request gets the whole answer",
      source = "RFC 9112 section 9.6")
  void getTheAnswerThatComesLater(String path) throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  ended.await(); // and then for longer than two sweeps
                  assertTrue(!new CountDownLatch(1).await(700, TimeUnit.MILLISECONDS));
                  answer.chunkedHead(SSE).chunk(CONTENT).chunk(FINISH).chunk(USAGE).chunk(DONE);
                  answer.lastChunk();
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.post(path, NOT_ASKED);
      provider.take();
      client.socket().shutdownOutput();
      ended.countDown();
      RawClient.Answer answer = answer(client);
      assertEquals(200, answer.status());
      assertTrue(answer.whole());
      assertTrue(answer.text().endsWith(DONE), answer.text());
      assertTrue(client.awaitClose());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "A stream in chunks goes on for a client that ends its side in the middle of it",
      source = "RFC 9112 section 9.6")
  void getTheRestOfAStream() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk(CONTENT);
                  ended.await();
                  assertTrue(!new CountDownLatch(1).await(700, TimeUnit.MILLISECONDS));
                  answer.chunk(CONTENT).chunk(DONE).lastChunk();
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer head = client.post("/v1/messages", BODY).head();
      client.socket().shutdownOutput();
      ended.countDown();
      RawClient.Answer answer = client.rest(head);
      assertTrue(answer.whole());
      assertEquals(CONTENT + CONTENT + DONE, answer.text());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "All requests that came whole before a client ended its side are answered",
      source = "RFC 9112 section 9.3.2")
  void getTheAnswersToAllThatTheyAsked() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", request.line()));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.send("GET /v1/a HTTP/1.1\r\nHost: r\r\n\r\nGET /v1/b HTTP/1.1\r\nHost: r\r\n\r\n");
      client.socket().shutdownOutput();
      assertTrue(answer(client).text().startsWith("GET /v1/a"));
      assertTrue(answer(client).text().startsWith("GET /v1/b"));
      assertTrue(client.awaitClose());
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  @Rule(
      value = "A slow client that ended its side gets all of a large answer",
      source = "RFC 9112 section 9.6")
  void getAllOfAnAnswerThatTheyTakeSlowly() throws Exception {
    byte[] large = new byte[24 << 20];
    CountDownLatch ended = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  ended.await();
                  answer.whole(200, "a/b", large);
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.socket().setReceiveBufferSize(RECEIVED); // else it grows to what the answer needs
      client.post("/v1/x", BODY);
      provider.take();
      client.socket().shutdownOutput();
      assertEquals(100, client.head().status()); // the relay knows of it before the answer comes
      ended.countDown();
      int left = large.length;
      RawClient.Answer head = answerHead(client);
      assertEquals(large.length, Integer.parseInt(head.fields().get("content-length")));
      rig.awaitBacklog();
      assertTrue(
          !new CountDownLatch(1).await(700, TimeUnit.MILLISECONDS)); // longer than two sweeps
      for (; left > SURELY_MORE_THAN_SENT; left -= TAKEN) {
        rig.awaitBacklog();
        assertEquals(TAKEN, client.read(TAKEN).length());
      }
      assertEquals(left, client.read(left).length());
      assertTrue(client.awaitClose());
      assertEquals("completed", rig.row().get("outcome"));
    }
  }

  @Test
  void areGoneWhereTheirRequestDidNotComeWhole() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.awaitClose());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.send("POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 9\r\n\r\nhalf");
      client.socket().shutdownOutput();
      assertEquals("client_gone", rig.row().get("outcome"));
    }
  }

  private static RawClient.Answer answer(RawClient client) throws Exception {
    return client.rest(answerHead(client));
  }

  private static RawClient.Answer answerHead(RawClient client) throws Exception {
    RawClient.Answer head = client.head();
    while (head.status() == 100) { // by which the relay finds out whether the client is still there
      head = client.head();
    }
    return head;
  }
}
