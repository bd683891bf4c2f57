package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Answers that come before the request's body has ended. */
class EarlyAnswerTest {
  private static final int LENGTH = 24 * 1024 * 1024;
  private static final String HEAD =
      "POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: " + LENGTH + "\r\n\r\n";
  private static final String TOO_LARGE =
      "HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large";

  /** A provider that reads heads alone, answers, and goes on as it is told. */
  private interface After {
    void answered(Socket socket) throws Exception;
  }

  private static ServerSocket headsAlone(String answer, After after) throws IOException {
    ServerSocket listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    Thread thread =
        new Thread(
            () -> {
              try (Socket socket = listener.accept()) {
                InputStream in = socket.getInputStream();
                StringBuilder head = new StringBuilder();
                while (!head.toString().endsWith("\r\n\r\n")) {
                  head.append((char) in.read());
                }
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                after.answered(socket);
              } catch (Exception over) {
                // the test looks from the client's side
              }
            });
    thread.setDaemon(true);
    thread.start();
    return listener;
  }

  private static void send(RawClient client) {
    Thread sender =
        new Thread(
            () -> {
              try {
                client.send(HEAD).send(new byte[LENGTH]);
              } catch (IOException closed) {
                // it may be told so before it has sent all
              }
            });
    sender.setDaemon(true);
    sender.start();
  }

  @Test
  @Rule(
      value = "An answer that comes before the request has ended is forwarded, also past a reset",
      source = "RFC 9112 section 9.5")
  void forwardsAnAnswerOfAnUpstreamThatClosesBeforeTheBodyEnded() throws Exception {
    // It closes with bytes unread, which resets the connection under the relay's writes.
    try (ServerSocket provider = headsAlone(TOO_LARGE, Socket::close);
        RelayRig rig = new RelayRig("http://127.0.0.1:" + provider.getLocalPort());
        RawClient client = rig.client()) {
      send(client);
      RawClient.Answer answer = client.answer();
      assertEquals(413, answer.status());
      assertEquals("too large", answer.text());
      assertEquals("close", answer.fields().get("connection"));
      assertTrue(client.awaitClose());
      assertEquals("upstream_error", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "After an answer that ends the connection no more of the body goes to the upstream",
      source = "RFC 9112 section 9.5")
  void stopsTheBodyForAnUpstreamThatIsAboutToClose() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    long[] came = {0};
    try (ServerSocket provider =
            headsAlone(
                TOO_LARGE.replace("too large", "too larg"),
                socket -> {
                  seen.await(); // the relay has the head by now
                  socket.getOutputStream().write('e');
                  for (int n = 0; n >= 0; n = socket.getInputStream().read(new byte[65_536])) {
                    came[0] += n;
                  }
                });
        RelayRig rig = new RelayRig("http://127.0.0.1:" + provider.getLocalPort());
        RawClient client = rig.client()) {
      client.send(HEAD);
      assertEquals(413, client.head().status());
      client.send(new byte[1024 * 1024]);
      seen.countDown();
      assertEquals("too large", client.read(9));
      assertTrue(client.awaitClose());
      assertEquals("upstream_error", rig.row().get("outcome"));
      assertEquals(0, came[0]);
    }
  }

  @Test
  @Rule(
      value = "A body may go on under an answer that began early; the connections are not reused",
      source = "RFC 9112 section 9.3")
  void closesBothConnectionsAfterAnAnswerThatCameEarly() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (ServerSocket provider =
            headsAlone(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                socket -> {
                  while (socket.getInputStream().read() >= 0) {}
                  closed.countDown();
                });
        RelayRig rig = new RelayRig("http://127.0.0.1:" + provider.getLocalPort());
        RawClient client = rig.client()) {
      client.send("POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 10\r\n\r\nhalf");
      RawClient.Answer answer = client.answer();
      assertEquals("ok", answer.text());
      assertEquals("close", answer.fields().get("connection"));
      assertTrue(client.awaitClose());
      closed.await();
      assertEquals("completed", rig.row().get("outcome"));
    }
  }
}
