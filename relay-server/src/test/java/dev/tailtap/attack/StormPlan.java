package dev.tailtap.attack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * What becomes of one call of a storm. Client and provider work it out from the seed and the call's
 * number alone, so that a seed repeats every choice, whatever the order of the calls.
 */
final class StormPlan {
  /** How the provider behaves. */
  enum Fate {
    HONEST,
    ANSWERS_EARLY,
    RESETS,
    TRUNCATES,
    GARBAGE,
    SILENT
  }

  /** How a body is framed. */
  enum Framing {
    NONE,
    LENGTH,
    CHUNKED,
    CHUNKED_WITH_EXTENSIONS,
    CHUNKED_WITH_TRAILERS,
    UNTIL_CLOSE
  }

  private static final List<String> PATHS =
      List.of(
          "/v1/chat/completions",
          "/v1/chat/completions",
          "/v1/chat/completions",
          "/v1/completions",
          "/v1/responses",
          "/v1/embeddings",
          "/v1/messages",
          "/v1beta/models/m-1:streamGenerateContent",
          "/v1beta/models/m-1:generateContent?alt=sse",
          "/api/chat",
          "/v2/chat",
          "/model/m-1/converse-stream",
          "/v1/audio/transcriptions",
          "/v1/files",
          "/");
  private static final int MOST_CHUNKS = 500;
  private static final List<String> METHODS = List.of("GET", "HEAD", "PUT", "DELETE", "OPTIONS");
  private static final int[] STATUSES = {
    200, 200, 200, 200, 201, 204, 304, 400, 404, 429, 500, 503
  };
  private static final String ASKS = ",\"stream_options\":{\"include_usage\":true}";
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\n";

  private final int number;
  private final long bodySeed;
  private final String method;
  private final String path;
  private final Framing requestFraming;
  private final boolean json;
  private final boolean streams;
  private final boolean asks;
  private final boolean expects;
  private final int requestBytes;
  private final Fate fate;
  private final int status;
  private final Framing answerFraming;
  private final boolean events;
  private final boolean gzip;
  private final int answerBytes;
  private final int interims;

  StormPlan(long seed, int number) {
    Random random = new Random(mix(seed, number));
    this.number = number;
    bodySeed = random.nextLong();
    method = chance(random, 0.8) ? "POST" : pick(random, METHODS);
    path = pick(random, PATHS);
    boolean bodyless = method.equals("GET") || method.equals("HEAD");
    requestFraming =
        bodyless || chance(random, 0.1)
            ? Framing.NONE
            : pick(
                random,
                List.of(
                    Framing.LENGTH,
                    Framing.LENGTH,
                    Framing.CHUNKED,
                    Framing.CHUNKED_WITH_EXTENSIONS,
                    Framing.CHUNKED_WITH_TRAILERS));
    json = chance(random, 0.8);
    streams = json && chance(random, 0.7);
    asks = streams && chance(random, 0.5);
    expects = requestFraming != Framing.NONE && chance(random, 0.1);
    requestBytes = size(random);
    fate = chance(random, 0.75) ? Fate.HONEST : pick(random, List.of(Fate.values()));
    events = chance(random, 0.6);
    gzip = chance(random, 0.1);
    // A question of the relay's that is refused would be asked again: another test's matter.
    status = streams && !asks ? 200 : STATUSES[random.nextInt(STATUSES.length)];
    boolean none = status == 204 || status == 304;
    answerFraming =
        none
            ? Framing.NONE
            : pick(random, List.of(Framing.values()).subList(1, Framing.values().length));
    answerBytes = size(random);
    interims = chance(random, 0.1) ? 1 + random.nextInt(3) : 0;
  }

  static long mix(long seed, long number) {
    return (seed ^ number * 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
  }

  static boolean chance(Random random, double share) {
    return random.nextDouble() < share;
  }

  static <T> T pick(Random random, List<T> things) {
    return things.get(random.nextInt(things.size()));
  }

  /** Mostly small, seldom up to a megabyte. */
  private static int size(Random random) {
    int most = chance(random, 0.02) ? 1 << 20 : chance(random, 0.2) ? 1 << 16 : 1 << 11;
    return random.nextInt(most);
  }

  int number() {
    return number;
  }

  String method() {
    return method;
  }

  Fate fate() {
    return fate;
  }

  int status() {
    return status;
  }

  int interims() {
    return interims;
  }

  boolean expects() {
    return expects;
  }

  boolean honest() {
    return fate == Fate.HONEST;
  }

  /** For what is chosen at random along the way, by one of the two sides. */
  Random dice(String side) {
    return new Random(mix(bodySeed, side.hashCode()));
  }

  /** Whether the relay may ask for usage in the client's stead. */
  boolean mayBeAsked() {
    return streams && !asks;
  }

  byte[] requestHead() {
    StringBuilder head = new StringBuilder();
    head.append(method).append(" /storm/").append(number).append(path).append(" HTTP/1.1\r\n");
    head.append("Host: relay\r\nAuthorization: Bearer storm\r\n");
    if (requestFraming != Framing.NONE) {
      head.append("Content-Type: ").append(json ? "application/json" : "application/octet-stream");
      head.append("\r\n");
    }
    head.append(expects ? "Expect: 100-continue\r\n" : "");
    head.append(framingFields(requestFraming, requestBody().length)).append("\r\n");
    return bytes(head.toString());
  }

  /** Without framing. */
  byte[] requestBody() {
    if (requestFraming == Framing.NONE) {
      return new byte[0];
    }
    Random random = dice("request");
    if (!json) {
      byte[] body = new byte[requestBytes];
      random.nextBytes(body);
      return body;
    }
    return bytes(
        "{\"model\":\"m-1\""
            + (streams ? ",\"stream\":true" : "")
            + (asks ? ASKS : "")
            + ",\"messages\":[{\"role\":\"user\",\"content\":\""
            + letters(random, requestBytes)
            + "\"}]}");
  }

  byte[] framedRequestBody() {
    return framed(requestFraming, requestBody(), dice("request chunks"));
  }

  byte[] answerHead(byte[] body) {
    String type = events ? "text/event-stream" : "application/json";
    return bytes(
        "HTTP/1.1 "
            + status
            + " Status\r\nX-Number: "
            + number
            + "\r\nContent-Type: "
            + type
            + "\r\n"
            + (gzip ? "Content-Encoding: gzip\r\n" : "")
            + framingFields(answerFraming, body.length)
            + "\r\n");
  }

  /**
   * The body of the answer, without framing.
   *
   * @param asked whether the provider was asked for usage
   */
  byte[] answerBody(boolean asked) {
    if (answerFraming == Framing.NONE) {
      return new byte[0];
    }
    Random random = dice("answer");
    StringBuilder text = new StringBuilder();
    if (events) {
      while (text.length() < answerBytes) {
        text.append(event(random));
      }
      text.append(asked ? USAGE : "").append("data: [DONE]\n\n");
    } else {
      text.append("{\"id\":\"c\",\"choices\":[{\"text\":\"").append(letters(random, answerBytes));
      text.append("\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}");
    }
    return gzip ? compressed(bytes(text.toString())) : bytes(text.toString());
  }

  /**
   * What the client has to get.
   *
   * @param asked whether the provider was asked for usage, by whomever
   */
  byte[] expected(boolean asked) {
    boolean hidden = asked && !asks && events && !gzip;
    return method.equals("HEAD") ? new byte[0] : answerBody(asked && !hidden);
  }

  byte[] framedAnswer(byte[] body) {
    return method.equals("HEAD") ? new byte[0] : framed(answerFraming, body, dice("answer chunks"));
  }

  boolean chunkedAnswer() {
    return !method.equals("HEAD")
        && (answerFraming == Framing.CHUNKED || answerFraming == Framing.CHUNKED_WITH_EXTENSIONS);
  }

  /** Whether its client may be cut by a reset, which takes unread answers along. */
  boolean endsByReset() {
    return endsByClosing() && fate == Fate.RESETS;
  }

  boolean endsByClosing() {
    return answerFraming == Framing.UNTIL_CLOSE && !method.equals("HEAD");
  }

  /** Cuts into pieces as they leave one after another. */
  static List<byte[]> pieces(byte[] all, Random random) {
    List<byte[]> pieces = new ArrayList<>();
    int most = chance(random, 0.1) ? 20 : chance(random, 0.3) ? 2_000 : 1 << 16;
    int from = 0;
    while (from < all.length) {
      int length = Math.min(all.length - from, 1 + random.nextInt(most));
      // A body of a megabyte byte by byte would be this call's whole time.
      length = Math.min(all.length - from, Math.max(length, all.length / 50));
      pieces.add(Arrays.copyOfRange(all, from, from + length));
      from += length;
    }
    return pieces;
  }

  private static String framingFields(Framing framing, int length) {
    return switch (framing) {
      case NONE, UNTIL_CLOSE -> "";
      case LENGTH -> "Content-Length: " + length + "\r\n";
      case CHUNKED, CHUNKED_WITH_EXTENSIONS -> "Transfer-Encoding: chunked\r\n";
      case CHUNKED_WITH_TRAILERS -> "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n";
    };
  }

  private static byte[] framed(Framing framing, byte[] body, Random random) {
    if (framing == Framing.NONE || framing == Framing.LENGTH || framing == Framing.UNTIL_CLOSE) {
      return body;
    }
    ByteArrayOutputStream framed = new ByteArrayOutputStream();
    int most = chance(random, 0.1) ? 3 : chance(random, 0.5) ? 300 : 20_000;
    int from = 0;
    while (from < body.length) {
      // More of them are an attack, and the detector of leaks looks at each.
      int length = Math.max(1 + random.nextInt(most), body.length / MOST_CHUNKS);
      length = Math.min(body.length - from, length);
      framed.writeBytes(bytes(Integer.toHexString(length)));
      if (framing == Framing.CHUNKED_WITH_EXTENSIONS && chance(random, 0.3)) {
        framed.writeBytes(bytes(";name=" + letters(random, random.nextInt(500))));
      }
      framed.writeBytes(bytes("\r\n"));
      framed.write(body, from, length);
      framed.writeBytes(bytes("\r\n"));
      from += length;
    }
    boolean trailers = framing == Framing.CHUNKED_WITH_TRAILERS;
    framed.writeBytes(bytes(trailers ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n"));
    return framed.toByteArray();
  }

  private String event(Random random) {
    String words = letters(random, random.nextInt(chance(random, 0.05) ? 5_000 : 100));
    return switch (random.nextInt(mayBeAsked() ? 3 : 6)) {
      case 0, 1 ->
          "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + words + "\"}}]}\n\n";
      case 2 -> ": " + words + "\n\n";
      case 3 ->
          "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":7},\"delta\":\""
              + words
              + "\"}\n\n";
      case 4 ->
          "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\r\n\r\n";
      default -> "data: {\"usageMetadata\":{\"promptTokenCount\":7},\"t\":\"" + words + "\"}\n\n";
    };
  }

  private static String letters(Random random, int count) {
    StringBuilder letters = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      letters.append((char) ('a' + random.nextInt(26)));
    }
    return letters.toString();
  }

  private static byte[] compressed(byte[] bytes) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compressed.toByteArray();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return "call "
        + number
        + ": "
        + method
        + " "
        + path
        + " body "
        + requestFraming
        + " "
        + requestBytes
        + (json ? " json" : " binary")
        + (streams ? " streams" : "")
        + (asks ? " asks" : "")
        + (expects ? " expects" : "")
        + "; provider "
        + fate
        + " "
        + status
        + " "
        + answerFraming
        + " "
        + answerBytes
        + (events ? " events" : "")
        + (gzip ? " gzip" : "")
        + " interims "
        + interims;
  }
}
