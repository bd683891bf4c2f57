package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a stream consists of, byte for byte: events in the shape of OpenAI's chat completions, each
 * with a mark (stream, number, when it was due, when it was sent), then the reason, the usage and
 * {@code [DONE]}. Both sides of the load know it, so every byte can be compared. Immutable.
 */
final class Script {
  static final int PROMPT_TOKENS = 7;

  /** The mark: two fields of 8 hex digits, two of 16. */
  private static final int MARK_LENGTH = 8 + 8 + 16 + 16;

  private static final String OPENING =
      "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\"bench\",\"choices\":[";
  private static final String BEFORE = OPENING + "{\"index\":0,\"delta\":{\"content\":\"@";
  private static final String BEHIND = "\"},\"finish_reason\":null}]}\n\n";
  private static final Pattern ASKS_USAGE = Pattern.compile("\"include_usage\"\\s*:\\s*true");
  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);

  /** Where an event has its mark, and where only an event has an {@code @}. */
  private static final int MARK = BEFORE.length();

  private final byte[] event;

  /**
   * Writes the script.
   *
   * @param eventBytes of one event, blank line included
   * @throws IllegalArgumentException if that is too few
   */
  Script(int eventBytes) {
    int filler = eventBytes - MARK - MARK_LENGTH - BEHIND.length();
    if (filler < 0) {
      throw new IllegalArgumentException(
          "an event has " + (eventBytes - filler) + " bytes or more, not " + eventBytes);
    }
    event = (BEFORE + "0".repeat(MARK_LENGTH) + "x".repeat(filler) + BEHIND).getBytes(US_ASCII);
  }

  int eventBytes() {
    return event.length;
  }

  byte[] event() {
    return event.clone();
  }

  /** How many bytes must be there before {@link #isEvent} can be asked. */
  static int knownAfter() {
    return MARK;
  }

  static boolean isEvent(byte[] bytes, int from) {
    return bytes[from + MARK - 1] == '@';
  }

  static void mark(byte[] bytes, int from, int stream, int number, long due, long sent) {
    int at = from + MARK;
    putHex(bytes, at, 8, stream);
    putHex(bytes, at + 8, 8, number);
    putHex(bytes, at + 16, 16, due);
    putHex(bytes, at + 32, 16, sent);
  }

  /** Whether these are exactly the bytes of this event, whenever it was due and sent. */
  boolean matches(byte[] bytes, int from, int stream, int number) {
    int behind = MARK + MARK_LENGTH;
    return hex(bytes, from + MARK, 8) == (stream & 0xffffffffL)
        && hex(bytes, from + MARK + 8, 8) == number
        && Arrays.equals(event, 0, MARK, bytes, from, from + MARK)
        && Arrays.equals(event, behind, event.length, bytes, from + behind, from + event.length);
  }

  static long due(byte[] bytes, int from) {
    return hex(bytes, from + MARK + 16, 16);
  }

  static long sent(byte[] bytes, int from) {
    return hex(bytes, from + MARK + 32, 16);
  }

  /** What ends a stream after so many events: all three frames, or without that of the usage. */
  static byte[] ending(int events, boolean withUsage) {
    String usage =
        "],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n"
            .formatted(PROMPT_TOKENS, events, PROMPT_TOKENS + events);
    return (OPENING
            + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + (withUsage ? OPENING + usage : "")
            + "data: [DONE]\n\n")
        .getBytes(US_ASCII);
  }

  /**
   * What a client asks for; the numbers stand in the prompt, which any gateway hands on.
   *
   * @param headers more lines of the head; one of authorization takes the place of the usual
   */
  static byte[] request(String host, String model, boolean usage, List<String> headers) {
    String asking = usage ? "\"stream_options\":{\"include_usage\":true}," : "";
    return post(host, body(model, "\"stream\":true," + asking), headers);
  }

  /** Of a client that wants its answer in one piece. */
  static byte[] shortRequest(String host, String model, List<String> headers) {
    return post(host, body(model, ""), headers);
  }

  private static String body(String model, String asking) {
    return ("{\"model\":\"%s\",%s"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"stream=00000000 events=00000000\"}]}")
        .formatted(model, asking);
  }

  private static byte[] post(String host, String body, List<String> headers) {
    String more = headers.stream().map(line -> line + "\r\n").collect(Collectors.joining());
    boolean key = more.toLowerCase(Locale.ROOT).matches("(?s)(.*\n)?authorization:.*");
    return ("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\n%s"
            + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
        .formatted(host, key ? more : "Authorization: Bearer bench\r\n" + more, body.length(), body)
        .getBytes(US_ASCII);
  }

  /** Whether a request asks to be told the usage of its stream, in whoever's spelling. */
  static boolean asksUsage(String body) {
    return ASKS_USAGE.matcher(body).find();
  }

  /** A number out of a request's prompt. */
  static int asked(String body, String name) {
    int at = body.indexOf(name + "=");
    if (at < 0) {
      throw new IllegalArgumentException("not a request of the load: " + name + " is missing");
    }
    int from = at + name.length() + 1;
    return Integer.parseUnsignedInt(body, from, from + 8, 16);
  }

  static void putHex(byte[] bytes, int at, int digits, long value) {
    for (int i = digits - 1; i >= 0; i--) {
      bytes[at + i] = HEX[(int) (value & 15)];
      value >>>= 4;
    }
  }

  private static long hex(byte[] bytes, int at, int digits) {
    long value = 0;
    for (int i = at; i < at + digits; i++) {
      value = value << 4 | Character.digit(bytes[i], 16);
    }
    return value;
  }
}
