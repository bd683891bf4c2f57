package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.keys.KeyForm;
import dev.tailtap.record.Caller;
import dev.tailtap.record.CleanText;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * What the other side says of itself in a head, short and clean enough for a row. They are claims:
 * nobody is known by them. Of a field that comes more than once the first counts. Stateless.
 */
final class Claims {
  /** Claude Code; Codex; others. */
  private static final List<AsciiString> SESSION =
      names("x-claude-code-session-id", "session_id", "x-session-id");

  private static final AsciiString AGENT = AsciiString.cached("x-claude-code-agent-id");

  /** The clients that Stainless generates: OpenAI's and Anthropic's among them. */
  private static final AsciiString RETRY = AsciiString.cached("x-stainless-retry-count");

  /** OpenAI and many; Anthropic; Amazon; Azure; whoever stands behind Cloudflare. */
  private static final List<AsciiString> PROVIDERS =
      names("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray");

  private static final int LONGEST = 128;
  private static final int LONGEST_CLIENT = 64;
  private static final int LONGEST_RETRY = 4;
  private static final Pattern DIGITS = Pattern.compile("\\d{1," + LONGEST_RETRY + "}");

  private Claims() {}

  /**
   * Who calls.
   *
   * @param tags what the settings want to know beside, by name, and the fields that say it
   * @param own what is known of it beside, by name, whatever it says
   */
  static Caller ofCaller(
      HttpHeaders head, Map<String, String> tags, Map<String, String> own, Stats stats) {
    return new Caller(
        first(head, SESSION, stats),
        clean(head.get(AGENT), LONGEST, stats),
        client(head.get(HttpHeaderNames.USER_AGENT), stats),
        retry(head.get(RETRY)),
        tags(head, tags, own, stats));
  }

  /** By which a provider knows the request that it answers; null: it names none. */
  static String ofProvider(HttpHeaders head, Stats stats) {
    return first(head, PROVIDERS, stats);
  }

  /** With their hashes, by which fields are found. */
  private static List<AsciiString> names(String... names) {
    return Stream.of(names).map(AsciiString::cached).toList();
  }

  private static String first(HttpHeaders head, List<AsciiString> names, Stats stats) {
    for (AsciiString name : names) {
      String said = clean(head.get(name), LONGEST, stats);
      if (said != null) {
        return said;
      }
    }
    return null;
  }

  /** The product and its version, without what it says of the machine (RFC 9110 10.1.5). */
  private static String client(String agent, Stats stats) {
    if (agent == null) {
      return null;
    }
    int end = agent.indexOf(' ');
    return clean(end < 0 ? agent : agent.substring(0, end), LONGEST_CLIENT, stats);
  }

  private static Integer retry(String count) {
    return count != null && DIGITS.matcher(count).matches() ? Integer.valueOf(count) : null;
  }

  private static String tags(
      HttpHeaders head, Map<String, String> tags, Map<String, String> own, Stats stats) {
    StringBuilder json = new StringBuilder();
    own.forEach((tag, value) -> put(json, tag, value));
    for (Map.Entry<String, String> tag : tags.entrySet()) {
      String said =
          own.containsKey(tag.getKey()) ? null : clean(head.get(tag.getValue()), LONGEST, stats);
      if (said != null) {
        put(json, tag.getKey(), said);
      }
    }
    return json.isEmpty() ? null : json.append('}').toString();
  }

  private static void put(StringBuilder json, String tag, String value) {
    json.append(json.isEmpty() ? "{\"" : ",\"").append(tag).append("\":\"");
    JsonStringEncoder.getInstance().quoteAsString(value, json);
    json.append('"');
  }

  /** Null if nothing is left. */
  private static String clean(String said, int longest, Stats stats) {
    if (said == null) {
      return null;
    }
    String text = KeyForm.hidden(decoded(said));
    boolean longer = text.length() > longest;
    String cut = CleanText.of(text, longest);
    String clean = withoutControls(cut);
    if (longer || clean.length() < cut.length()) {
      stats.count(Metric.CLAIMS_CUT);
    }
    return clean.isBlank() ? null : clean.strip();
  }

  /** As it is, which is nearly always, if there are none. */
  private static String withoutControls(String text) {
    int kept = 0;
    while (kept < text.length() && !isControl(text.charAt(kept))) {
      kept++;
    }
    if (kept == text.length()) {
      return text;
    }
    StringBuilder clean = new StringBuilder(text.length()).append(text, 0, kept);
    for (int i = kept; i < text.length(); i++) {
      if (!isControl(text.charAt(i))) {
        clean.append(text.charAt(i));
      }
    }
    return clean.toString();
  }

  /** Of ASCII. */
  private static boolean isControl(char c) {
    return c < ' ' || c == 127;
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** Bytes beyond ASCII, which stand here as Latin-1, are UTF-8 where they can be. */
  private static String decoded(String said) {
    if (isAscii(said)) {
      return said;
    }
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(said.getBytes(ISO_8859_1))).toString();
    } catch (CharacterCodingException latin1) {
      return said;
    }
  }
}
