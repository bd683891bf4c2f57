package dev.tailtap;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.usage.BodyKind;
import dev.tailtap.usage.Expected;
import dev.tailtap.usage.Transcript;
import dev.tailtap.usage.Transcripts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Recorded answers through the whole relay, over real sockets, in every framing that HTTP/1.1 has
 * for them: the client gets the bytes of the recording, the database the row of its sidecar.
 */
class TranscriptReplayTest {
  private static final int RANDOM_CUTS = Integer.getInteger("tailtap.replay.cuts", 3);
  private static final int PLAIN_REPLAYS = 4;

  /** What {@code auto} must find for the providers that the dialects are named after. */
  private static final Map<String, String> DIALECTS =
      Map.of(
          "openai", "openai-chat",
          "openai-responses", "openai-responses",
          "anthropic", "anthropic",
          "gemini", "gemini",
          "vertex", "gemini");

  private static Provider provider;
  private static RelayRig rig;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Transcripts.arePresent(),
        () -> "no transcripts at " + Transcripts.folder() + "; set -Dtailtap.transcripts=FOLDER");
    provider = new Provider((request, answer) -> {});
    rig = new RelayRig(provider.url(), "usage.include", "leave");
  }

  @AfterAll
  static void stop() throws IOException {
    if (rig != null) {
      rig.close();
      provider.close();
    }
  }

  static Stream<Transcript> transcripts() {
    return Transcripts.arePresent() ? Transcripts.all().stream() : Stream.empty();
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void passesTheBytesAndWritesTheRow(Transcript transcript) throws Exception {
    String place = "/replay/" + transcript.name();
    List<String> replays = new ArrayList<>();
    try (RawClient client = rig.client()) {
      for (int i = 0; i < PLAIN_REPLAYS + RANDOM_CUTS; i++) {
        Replay replay = replay(transcript.body(), i);
        replay(transcript, replay, place, client);
        replays.add(replay.toString());
      }
    }
    List<Map<String, Object>> rows = rig.rowsUnder(place + "/", replays.size());
    assertEquals(replays.size(), rows.size());
    for (int i = 0; i < rows.size(); i++) {
      assertRow(transcript, rows.get(i), replays.get(i));
    }
  }

  private static void replay(Transcript transcript, Replay replay, String place, RawClient client)
      throws Exception {
    String head = head(transcript, replay);
    provider.answerWith(
        (request, answer) -> {
          answer.send(head);
          for (byte[] write : replay.writes()) {
            answer.send(write);
          }
          if (replay.framing() == Framing.UNTIL_CLOSE) {
            answer.close();
          }
        });
    String ask = "{\"model\":\"asked\",\"stream\":" + isStream(transcript) + "}";
    if (replay.framing() == Framing.UNTIL_CLOSE) {
      try (RawClient once = rig.client()) {
        assertAnswer(transcript, replay, once.post(place + transcript.target(), ask).answer());
      }
    } else {
      assertAnswer(transcript, replay, client.post(place + transcript.target(), ask).answer());
    }
    assertEquals(ask, provider.take().text());
  }

  private static void assertAnswer(Transcript transcript, Replay replay, RawClient.Answer answer) {
    assertEquals(transcript.status(), answer.status());
    assertTrue(answer.whole(), replay + ": cut off");
    assertArrayEquals(transcript.body(), answer.body(), replay.toString());
    assertArrayEquals(replay.wire(), answer.raw(), replay + ": framed in another way");
    assertEquals(transcript.contentType(), answer.fields().get("content-type"));
    transcript
        .answerHeaders()
        .forEach((name, value) -> assertEquals(value, answer.fields().get(name), name));
  }

  private static void assertRow(Transcript transcript, Map<String, Object> row, String replay) {
    Expected expected = Expected.of(transcript);
    Expected seen = Expected.of(row);
    boolean foreignId = transcript.name().equals("openai-audio-01");
    assertEquals(expected, foreignId ? seen.withoutId() : seen, replay);
    assertEquals(expected.state().column(), row.get("usage_state"), replay);
    boolean failed = transcript.status() >= 400 || transcript.failsInside();
    assertEquals(failed ? "upstream_error" : "completed", row.get("outcome"), replay);
    assertEquals(transcript.status(), row.get("http_status"));
    if (!transcript.contentType().equals("application/octet-stream")) { // which says nothing
      assertEquals(isStream(transcript), row.get("streamed"));
    }
    assertEquals("asked", row.get("request_model"));
    assertEquals(transcript.dialect().configName(), row.get("dialect"));
    String known = DIALECTS.get(transcript.provider());
    if (known != null) {
      assertEquals(known, row.get("dialect"));
    }
  }

  private static boolean isStream(Transcript transcript) {
    return transcript.kind() != BodyKind.JSON;
  }

  private static String head(Transcript transcript, Replay replay) {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + transcript.status() + " As Recorded\r\n");
    transcript
        .answerHeaders()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("content-type: ").append(transcript.contentType()).append("\r\n");
    return head + replay.framing().field(replay.wire().length) + "\r\n";
  }

  /** Made one at a time: a thousand of a long recording would not fit the heap. */
  private static Replay replay(byte[] body, int index) {
    return switch (index) {
      case 0 -> new Replay("one chunk", Framing.CHUNKED, chunked(body, List.of()), List.of());
      case 1 ->
          new Replay("a chunk per line", Framing.CHUNKED, chunked(body, lines(body)), List.of());
      case 2 -> new Replay("a length", Framing.LENGTH, body, List.of(body.length / 2));
      case 3 -> new Replay("until close", Framing.UNTIL_CLOSE, body, List.of(body.length / 3));
      default -> randomCuts(body, index - PLAIN_REPLAYS);
    };
  }

  private static Replay randomCuts(byte[] body, int seed) {
    Random random = new Random(seed * 31L + body.length);
    byte[] wire = chunked(body, cuts(random, body.length));
    List<Integer> cuts = cuts(random, wire.length);
    return new Replay("random cuts of seed " + seed, Framing.CHUNKED, wire, cuts);
  }

  private static List<Integer> cuts(Random random, int length) {
    int count = random.nextInt(24);
    return random.ints(count, 1, Math.max(2, length)).sorted().distinct().boxed().toList();
  }

  private static List<Integer> lines(byte[] body) {
    return IntStream.range(1, body.length).filter(i -> body[i - 1] == '\n').boxed().toList();
  }

  private static byte[] chunked(byte[] body, List<Integer> cuts) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    int from = 0;
    for (int to : Stream.concat(cuts.stream(), Stream.of(body.length)).distinct().toList()) {
      if (to > from) {
        wire.writeBytes((Integer.toHexString(to - from) + "\r\n").getBytes(US_ASCII));
        wire.write(body, from, to - from);
        wire.writeBytes("\r\n".getBytes(US_ASCII));
        from = to;
      }
    }
    wire.writeBytes("0\r\n\r\n".getBytes(US_ASCII));
    return wire.toByteArray();
  }

  /** How the end of a body is told. */
  private enum Framing {
    CHUNKED,
    LENGTH,
    UNTIL_CLOSE;

    String field(int length) {
      return switch (this) {
        case CHUNKED -> "Transfer-Encoding: chunked\r\n";
        case LENGTH -> "Content-Length: " + length + "\r\n";
        case UNTIL_CLOSE -> "Connection: close\r\n";
      };
    }
  }

  /** One way to send a recording: its bytes on the wire, and how they are cut into writes. */
  private record Replay(String name, Framing framing, byte[] wire, List<Integer> cuts) {
    List<byte[]> writes() {
      List<byte[]> writes = new ArrayList<>();
      int from = 0;
      for (int cut : cuts) {
        writes.add(Arrays.copyOfRange(wire, from, cut));
        from = cut;
      }
      writes.add(Arrays.copyOfRange(wire, from, wire.length));
      return writes;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
