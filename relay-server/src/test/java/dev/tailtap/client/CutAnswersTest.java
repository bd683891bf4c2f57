package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** An answer that is cut, on a connection that has more in it than that answer. */
class CutAnswersTest {
  private static final byte[] FIRST = "x".repeat(40 * 1024).getBytes(StandardCharsets.US_ASCII);
  private static final String POST =
      "POST /v1/c HTTP/1.1\r\nHost: relay\r\nContent-Length: 1000000\r\n\r\n";

  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    if (request.line().contains("/v1/a")) {
      answer.whole(200, "text/plain", FIRST);
    } else {
      answer.chunkedHead("text/event-stream").chunk("data: 1\n\n").close();
    }
  }

  @Test
  @Rule(
      value = "A cut answer takes nothing along of those before it that the client has not read",
      source = "RFC 9112 section 9.6")
  void leavesTheClientWhatCameBefore() throws Exception {
    try (Provider provider = new Provider(CutAnswersTest::answer);
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.socket().setReceiveBufferSize(4096);
      client.get("/v1/a").get("/v1/b").send(POST); // the last is still there when the relay cuts
      client.send("y".repeat(200_000));
      assertEquals(2, rig.rows(2).size()); // both are over, and nothing has been read
      RawClient.Answer first = client.answer();
      assertTrue(first.whole());
      assertArrayEquals(FIRST, first.body());
      RawClient.Answer second = client.answer();
      assertFalse(second.whole());
      assertEquals("data: 1\n\n", second.text());
    }
  }
}
