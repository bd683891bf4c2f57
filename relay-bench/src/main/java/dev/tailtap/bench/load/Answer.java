package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/**
 * An answer in one piece, byte for byte, as the provider sends it and its client expects it. One
 * with a mark names the call that it answers. Immutable.
 */
final class Answer {
  /** Completion tokens of an answer that says what was used. */
  static final int TOKENS = 9;

  private static final String MARK = "00000000";
  private static final String BEFORE = "{\"id\":\"chatcmpl-";

  private final byte[] whole;
  private final int bodyAt;
  private final int markAt; // in the body; -1: there is none
  private final int tokens;

  private Answer(String fields, byte[] body, boolean marked, int tokens) {
    byte[] head =
        "HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(fields, body.length)
            .getBytes(US_ASCII);
    this.whole = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, whole, head.length, body.length);
    this.bodyAt = head.length;
    this.markAt = marked ? BEFORE.length() : -1;
    this.tokens = tokens;
  }

  /** About 400 bytes of JSON with its usage. */
  static Answer json() {
    return new Answer(
        "Content-Type: application/json\r\n", completion("x".repeat(160)), true, TOKENS);
  }

  /** So many bytes of JSON and more, with its usage, packed. */
  static Answer packed(int bytes) {
    return new Answer(
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        gzip(completion(words(bytes))),
        false,
        TOKENS);
  }

  /** What a provider says of an upload. */
  static Answer stored(int bytes) {
    byte[] body = "{\"object\":\"file\",\"bytes\":%d}".formatted(bytes).getBytes(US_ASCII);
    return new Answer("Content-Type: application/json\r\n", body, false, 0);
  }

  int tokens() {
    return tokens;
  }

  /** Its body, to be compared with; may be changed by who asked for it. */
  byte[] body() {
    return Arrays.copyOfRange(whole, bodyAt, whole.length);
  }

  /** Marks a body as the answer to this call. */
  void mark(byte[] body, int call) {
    if (markAt >= 0) {
      Script.putHex(body, markAt, MARK.length(), call & 0xffffffffL);
    }
  }

  /** Head and body of the answer to this call. */
  ByteBuf write(ByteBufAllocator alloc, int call) {
    ByteBuf out = alloc.directBuffer(whole.length).writeBytes(whole);
    if (markAt >= 0) {
      byte[] mark = new byte[MARK.length()];
      Script.putHex(mark, 0, mark.length, call & 0xffffffffL);
      out.setBytes(bodyAt + markAt, mark);
    }
    return out;
  }

  private static byte[] completion(String text) {
    return (BEFORE
            + MARK
            + "\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"bench\",\"choices\":"
            + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
            + text
            + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}"
                .formatted(Script.PROMPT_TOKENS, TOKENS, Script.PROMPT_TOKENS + TOKENS))
        .getBytes(US_ASCII);
  }

  /** Text that packs about as well as prose. */
  private static String words(int bytes) {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder text = new StringBuilder(bytes + 8);
    while (text.length() < bytes) {
      text.append(Integer.toString(random.nextInt(1 << 12) * 7919, 36)).append(' ');
    }
    return text.toString();
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
