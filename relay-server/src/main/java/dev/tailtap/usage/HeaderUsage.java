package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Usage in the fields of a response's head: the last resort, for an answer whose body reported
 * none. Either one field holds a JSON object of counts, bare or under {@code usage}, or each count
 * has a field of its own. Bounded; stateless.
 */
public final class HeaderUsage {
  private static final int LONGEST = 4096;
  private static final AsciiString[] OBJECTS = {
    AsciiString.cached("x-usage"), AsciiString.cached("x-openai-usage")
  };

  /** Fireworks; TGI's router; Bedrock's InvokeModel: each vendor's own reference names them. */
  private static final Map<AsciiString, String> COUNTS = counts();

  private HeaderUsage() {}

  /** The counts in these fields as one JSON object; null, nearly always: there are none. */
  public static String of(HttpHeaders headers) {
    for (AsciiString name : OBJECTS) {
      String object = headers.get(name);
      if (object != null && object.length() <= LONGEST && object.startsWith("{")) {
        return object;
      }
    }
    StringBuilder counts = null;
    for (Map.Entry<AsciiString, String> field : COUNTS.entrySet()) {
      String count = headers.get(field.getKey());
      if (count != null && count.matches("[0-9]{1,15}")) {
        counts = counts == null ? new StringBuilder("{") : counts.append(',');
        counts.append('"').append(field.getValue()).append("\":").append(Long.parseLong(count));
      }
    }
    return counts == null ? null : counts.append('}').toString();
  }

  /**
   * A reading without counts, with those of the head in it; any other reading stays as it is.
   *
   * @param counts what {@link #of} found; may be null
   * @param whole whether the body came to its proper end
   */
  public static UsageReading complete(UsageReading body, String counts, boolean whole) {
    boolean counted = body.state() == UsageState.FINAL || body.state() == UsageState.PARTIAL;
    if (counts == null || counted) {
      return body;
    }
    UsageReading bare = read("{\"usage\":" + counts + "}", whole);
    UsageReading head = bare.raw() == null ? read(counts, whole) : bare;
    if (head.raw() == null) {
      return body;
    }
    boolean all = head.tokens().total() != null || head.tokens().completion() != null;
    return body.withUsage(
        all ? head.state() : UsageState.PARTIAL, head.tokens(), head.raw(), "header");
  }

  private static UsageReading read(String json, boolean whole) {
    UsageMerge merge = new UsageMerge();
    UsageScanner scanner = new UsageScanner();
    scanner.begin(Dialect.OPENAI_COMPLETIONS.tree(), merge);
    byte[] text = json.getBytes(UTF_8);
    scanner.feed(text, 0, text.length);
    scanner.end();
    return merge.reading(whole, 0);
  }

  private static Map<AsciiString, String> counts() {
    Map<AsciiString, String> names = new LinkedHashMap<>();
    names.put(AsciiString.cached("fireworks-prompt-tokens"), "prompt_tokens");
    names.put(AsciiString.cached("fireworks-cached-prompt-tokens"), "cached_tokens");
    names.put(AsciiString.cached("x-prompt-tokens"), "prompt_tokens");
    names.put(AsciiString.cached("x-generated-tokens"), "completion_tokens");
    names.put(AsciiString.cached("x-amzn-bedrock-input-token-count"), "inputTokens");
    names.put(AsciiString.cached("x-amzn-bedrock-output-token-count"), "outputTokens");
    names.put(
        AsciiString.cached("x-amzn-bedrock-cache-read-input-token-count"), "cacheReadInputTokens");
    names.put(
        AsciiString.cached("x-amzn-bedrock-cache-write-input-token-count"),
        "cacheWriteInputTokens");
    return names;
  }
}
