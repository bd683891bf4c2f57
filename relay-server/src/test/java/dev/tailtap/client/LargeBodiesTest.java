package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is held of a body is bounded, and what passes through is not. */
class LargeBodiesTest {
  private static final String CHAT = "/v1/chat/completions";

  private static Provider counting() throws Exception {
    return new Provider(
        (request, answer) -> answer.whole(200, "text/plain", "" + request.text().length()));
  }

  private static void send(RawClient client, boolean chunked, String begin, int times, byte[] more)
      throws Exception {
    long length = begin.length() + (long) times * more.length;
    client.send(
        "POST "
            + CHAT
            + " HTTP/1.1\r\nHost: r\r\n"
            + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length)
            + "\r\n\r\n");
    part(client, chunked, begin.getBytes(US_ASCII));
    for (int i = 0; i < times; i++) {
      part(client, chunked, more);
    }
    client.send(chunked ? "0\r\n\r\n" : "");
  }

  private static void part(RawClient client, boolean chunked, byte[] part) throws Exception {
    if (chunked) {
      client.send(Integer.toHexString(part.length) + "\r\n").send(part).send("\r\n");
    } else {
      client.send(part);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Rule(value = "By default a body of any size passes through", source = "conf limits.request-body")
  void passThroughWhateverTheirSize(boolean chunked) throws Exception {
    try (Provider provider = counting();
        RelayRig rig = new RelayRig(provider.url(), "limits.held-body", "1MiB");
        RawClient client = rig.client()) {
      send(client, chunked, "{\"model\":\"m-1\",\"stream\":true}", 100, new byte[1 << 20]);
      RawClient.Answer answer = client.answer();
      assertEquals(200, answer.status());
      assertEquals("" + (29 + (100 << 20)), answer.text());
      Map<String, Object> row = rig.row();
      assertEquals("completed", row.get("outcome"));
      assertEquals(29L + (100 << 20), row.get("request_bytes"));
      rig.awaitMetric("tailtap_memory_held_bytes 0.0");
    }
  }

  @Test
  @Rule(
      value = "A body that is too large to be held for the question streams, and the row says so",
      source = "conf limits.held-body")
  void areNotAskedAboutWhereTheyCannotBeHeld() throws Exception {
    String body = "{\"model\":\"m-1\",\"stream\":true,\"input\":\"" + "x".repeat(40_000) + "\"}";
    try (Provider provider = counting();
        RelayRig rig = new RelayRig(provider.url(), "limits.held-body", "16KiB");
        RawClient client = rig.client()) {
      client.post(CHAT, body.substring(0, 30_000).replace("x", "y") + body.substring(30_000));
      assertEquals("" + body.length(), client.answer().text());
      assertFalse(provider.take().text().contains("include_usage"));
      String note = rig.row().get("usage_note").toString();
      assertTrue(note.contains("asked=large"), note);
      assertEquals("m-1", rig.row().get("request_model"));
      client.post(CHAT, "{\"stream\":true}").answer();
      assertTrue(provider.take().text().contains("include_usage"));
    }
  }

  @Test
  @Rule(
      value = "A body that is held goes on in the steps in which its upstream takes it",
      source = "conf limits.held-body")
  void goOnWholeThoughTheyWereHeld() throws Exception {
    String body = "{\"model\":\"m-1\",\"stream\":true,\"input\":\"" + "x".repeat(8_000_000) + "\"}";
    try (Provider provider = counting();
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      String asked = "\"stream_options\":{\"include_usage\":true},";
      String length = "" + (body.length() + asked.length());
      assertEquals(length, client.post(CHAT, body).answer().text());
      assertEquals("{" + asked + body.substring(1), provider.take().text());
      rig.awaitMetric("tailtap_memory_held_bytes 0.0");
    }
  }
}
