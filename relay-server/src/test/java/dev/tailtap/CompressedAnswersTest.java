package dev.tailtap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.usage.Coding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Answers that come encoded although identity was asked for, over real sockets: the client gets the
 * provider's bytes, whatever they are; the row what could be decoded.
 */
class CompressedAnswersTest {
  private static final String SSE = "text/event-stream";
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}";
  private static final String JSON =
      "{\"id\":\"c-1\",\"model\":\"m-x\",\"choices\":[{\"finish_reason\":\"stop\"}]," + USAGE + "}";
  private static final List<String> EVENTS =
      List.of(
          "data: {\"id\":\"c-1\",\"model\":\"m-x\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n",
          "data: {\"id\":\"c-1\",\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n",
          "data: {\"id\":\"c-1\",\"choices\":[]," + USAGE + "}\n\n",
          "data: [DONE]\n\n");

  private static Provider provider;
  private static RelayRig rig;
  private static int calls;

  @BeforeAll
  static void start() throws Exception {
    provider = new Provider((request, answer) -> {});
    rig = new RelayRig(provider.url());
  }

  @AfterAll
  static void stop() throws IOException {
    rig.close();
    provider.close();
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void metersAWholeJsonAnswer(Coding coding) throws Exception {
    Map<String, Object> row =
        row(coding.token(), "application/json", List.of(coding.encode(JSON.getBytes(UTF_8))));
    assertExact(row);
    assertEquals("asked=relay body=json encoding=" + coding.token() + " last=usage", note(row));
  }

  /** Nothing is hidden in it either: the frame that the relay asked for reaches the client. */
  @ParameterizedTest
  @EnumSource(Coding.class)
  void metersAStreamThatIsFlushedEventByEvent(Coding coding) throws Exception {
    Map<String, Object> row = row(coding.token(), SSE, coding.flushed(EVENTS));
    assertExact(row);
    assertEquals(
        "asked=relay body=event-stream encoding=" + coding.token() + " last=done", note(row));
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  @Rule(
      value = "An encoded answer passes untouched, also where it cannot be decoded.",
      source = "RFC 9110 section 7.7")
  void passesADamagedStream(Coding coding) throws Exception {
    List<byte[]> parts = coding.flushed(EVENTS);
    for (byte[] part : parts.subList(1, parts.size())) {
      Arrays.fill(part, (byte) 0xFF);
    }
    Map<String, Object> row = row(coding.token(), SSE, parts);
    assertEquals("unreadable", row.get("usage_state"));
    assertNull(row.get("total_tokens"));
    assertEquals("c-1", row.get("response_id"));
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void passesATruncatedStream(Coding coding) throws Exception {
    List<byte[]> parts = coding.flushed(EVENTS);
    Map<String, Object> row = row(coding.token(), SSE, parts.subList(0, 2));
    assertEquals("unreadable", row.get("usage_state"));
    assertEquals("stop", row.get("finish_reason"));
    row = row(coding.token(), SSE, parts.subList(0, 3));
    assertEquals("partial", row.get("usage_state"));
    assertEquals(10L, row.get("total_tokens"));
    row = row(coding.token(), SSE, parts.subList(0, 4)); // the provider said that it was done
    assertExact(row);
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  @Rule(
      value = "An encoded answer that would decode to very much passes, and is not held.",
      source = "Tailtap, first promise: a stream is never harmed")
  void passesAStreamThatWouldDecodeToHundredsOfMegabytes(Coding coding) throws Exception {
    byte[] text = new byte[200 << 20];
    Arrays.fill(text, (byte) ' ');
    long began = System.nanoTime();
    Map<String, Object> row = row(coding.token(), SSE, List.of(coding.encode(text)));
    long latency = ((Number) row.get("latency_ms")).longValue();
    assertEquals("unreadable", row.get("usage_state"));
    assertTrue(latency < 5_000, () -> latency + " ms of " + (System.nanoTime() - began));
  }

  @ParameterizedTest
  @ValueSource(strings = {"compress", "gzip, gzip", "gzip,br", "x;y"})
  void passesACodingThatItDoesNotKnow(String coding) throws Exception {
    Map<String, Object> row = row(coding, SSE, Coding.GZIP.flushed(EVENTS));
    assertEquals("unreadable", row.get("usage_state"));
    String word = coding.contains(",") ? "several" : "unknown";
    assertEquals("asked=relay body=event-stream encoding=" + word + " last=none", note(row));
  }

  @Test
  void readsIdentityAsWhatItIs() throws Exception {
    assertExact(row("identity", "application/json", List.of(JSON.getBytes(UTF_8))));
  }

  private static void assertExact(Map<String, Object> row) {
    assertEquals("final", row.get("usage_state"));
    assertEquals(7L, row.get("prompt_tokens"));
    assertEquals(3L, row.get("completion_tokens"));
    assertEquals(10L, row.get("total_tokens"));
    assertEquals("stop", row.get("finish_reason"));
    assertEquals("m-x", row.get("response_model"));
  }

  private static String note(Map<String, Object> row) {
    return (String) row.get("usage_note");
  }

  /** Sends the parts as chunks, checks that the client got them all, and waits for the row. */
  private static Map<String, Object> row(String coding, String type, List<byte[]> parts)
      throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    provider.answerWith(
        (request, answer) -> {
          answer.chunkedHead(type + "\r\nContent-Encoding: " + coding);
          for (byte[] part : parts) {
            if (part.length > 0) {
              answer.chunk(part);
            }
          }
          answer.lastChunk();
        });
    String place = "/" + ++calls;
    try (RawClient client = rig.client()) {
      RawClient.Answer answer =
          client.post(place + "/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}").answer();
      assertTrue(answer.whole());
      assertEquals(coding, answer.fields().get("content-encoding"));
      assertArrayEquals(all.toByteArray(), answer.body());
    }
    assertTrue(provider.take().text().contains("include_usage"));
    return rig.rowsUnder(place + "/", 1).get(0);
  }
}
