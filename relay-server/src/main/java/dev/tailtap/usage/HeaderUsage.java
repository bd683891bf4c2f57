package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Usage in the fields of a response's head: the last resort, for an answer whose body reported
 * none. Either one field holds a JSON object of counts, bare or under {@code usage}, or each count
 * has a field of its own. Bounded; immutable.
 */
public final class HeaderUsage {
  private static final int LONGEST = 4096;
  private static final AsciiString[] OBJECTS = {
    AsciiString.cached("x-usage"), AsciiString.cached("x-openai-usage")
  };

  /** Fireworks; TGI's router; Bedrock's InvokeModel: each vendor's own reference names them. */
  private static final Map<AsciiString, String> COUNTS = counts();

  private final String text;
  private final TokenCounts counts; // null: they stand in the text and are still to be read

  private HeaderUsage(String text, TokenCounts counts) {
    this.text = text;
    this.counts = counts;
  }

  /** What these fields report; null, nearly always: nothing. */
  public static HeaderUsage of(HttpHeaders headers) {
    for (AsciiString name : OBJECTS) {
      String object = headers.get(name);
      if (object != null && object.length() <= LONGEST && object.startsWith("{")) {
        return new HeaderUsage(object, null);
      }
    }
    return ofNumbers(headers);
  }

  private static HeaderUsage ofNumbers(HttpHeaders headers) {
    TokenCounts counts = null;
    StringJoiner text = null;
    for (Map.Entry<AsciiString, String> field : COUNTS.entrySet()) {
      String digits = headers.get(field.getKey());
      if (digits != null && digits.matches("[0-9]{1,15}")) {
        long number = Long.parseLong(digits);
        if (counts == null) {
          counts = new TokenCounts();
          text = new StringJoiner(",", "{", "}");
        }
        counts.put(field.getValue(), number);
        text.add('"' + field.getValue() + "\":" + number);
      }
    }
    return counts == null ? null : new HeaderUsage(text.toString(), counts);
  }

  /**
   * A reading without counts, with those of the head in it; any other reading stays as it is.
   *
   * @param head what {@link #of} found; may be null
   * @param whole whether the body came to its proper end
   */
  public static UsageReading complete(UsageReading body, HeaderUsage head, boolean whole) {
    boolean counted = body.state() == UsageState.FINAL || body.state() == UsageState.PARTIAL;
    if (head == null || counted) {
      return body;
    }
    UsageReading found = head.read(whole);
    if (found.raw() == null) {
      return body;
    }
    Tokens tokens = found.tokens();
    boolean all = tokens.total() != null || tokens.completion() != null;
    return body.withUsage(all ? found.state() : UsageState.PARTIAL, tokens, found.raw(), "header");
  }

  private UsageReading read(boolean whole) {
    if (counts != null) {
      UsageMerge merge = new UsageMerge();
      merge.counts(counts, text.getBytes(US_ASCII));
      return merge.reading(whole, 0);
    }
    UsageReading bare = scan("{\"usage\":" + text + "}", whole);
    return bare.raw() == null ? scan(text, whole) : bare;
  }

  private static UsageReading scan(String json, boolean whole) {
    UsageMerge merge = new UsageMerge();
    UsageScanner scanner = new UsageScanner();
    scanner.begin(Dialect.OPENAI_COMPLETIONS.tree(), merge);
    byte[] bytes = json.getBytes(UTF_8);
    scanner.feed(bytes, 0, bytes.length);
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
