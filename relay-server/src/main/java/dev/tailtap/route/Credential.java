package dev.tailtap.route;

import dev.tailtap.usage.Dialect;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The key by which the provider of a request knows the caller: looked for where that provider
 * looks, so that nobody becomes another caller by a field that it ignores. Only what goes on
 * counts, and what the configuration replaces counts last. Immutable.
 */
public final class Credential {
  /** A place that begins so is a parameter of the query. */
  private static final String QUERY = "?";

  private static final String AMAZON_QUERY = "?X-Amz-Credential";
  private static final String AUTHORIZATION = "authorization";

  /** Google takes one credential and refuses two. */
  private static final List<String> GEMINI =
      List.of("x-goog-api-key", "?key", "?$key", AUTHORIZATION);

  private static final List<String> GOOGLE_CLOUD =
      List.of(AUTHORIZATION, "x-goog-api-key", "?key", "?$key");
  private static final List<String> ANTHROPIC = List.of("x-api-key", AUTHORIZATION);
  private static final List<String> AMAZON = List.of(AUTHORIZATION, AMAZON_QUERY);

  /** Azure's own names stand second. */
  private static final List<String> OPENAI =
      List.of(AUTHORIZATION, "api-key", "ocp-apim-subscription-key");

  private static final List<String> ANY =
      List.of(AUTHORIZATION, "x-api-key", "x-goog-api-key", "api-key", "?key");

  private final HttpHeaders headers;
  private final String query; // null: none
  private final Set<String> lost; // fields that end here
  private final Set<String> replaced; // fields that the configuration sets

  private Credential(
      HttpHeaders headers, String query, Set<String> lost, Set<String> replacedLowerCase) {
    this.headers = headers;
    this.query = query;
    this.lost = lost;
    replaced = replacedLowerCase;
  }

  /**
   * The key of a request; null if it shows none.
   *
   * @param host of the upstream
   * @param lost the fields, in lower case, that do not go on to it
   * @param replaced those that the configuration sets, in lower case
   */
  public static String of(
      HttpHeaders headers,
      String query,
      Dialect dialect,
      String host,
      Set<String> lost,
      Set<String> replaced) {
    Credential credential = new Credential(headers, query, lost, replaced);
    List<String> places = places(dialect, host.toLowerCase(Locale.ROOT));
    String key = credential.find(places);
    return key == null && places != ANY ? credential.find(ANY) : key;
  }

  /** A platform that serves other vendors' models has its own way; else the dialect tells. */
  private static List<String> places(Dialect dialect, String host) {
    if (host.endsWith(".amazonaws.com")) {
      return AMAZON;
    }
    if (host.endsWith("aiplatform.googleapis.com")) {
      return GOOGLE_CLOUD;
    }
    return switch (dialect) {
      case ANTHROPIC -> ANTHROPIC;
      case GEMINI, GEMINI_INTERACTIONS -> GEMINI;
      case BEDROCK -> AMAZON;
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          OPENAI_AUDIO,
          OPENAI_ASSISTANTS ->
          OPENAI;
      case COHERE, OLLAMA, DASHSCOPE, WATSONX, LM_STUDIO, CLOUDFLARE -> List.of(AUTHORIZATION);
      case UNKNOWN -> placesOf(host);
    };
  }

  private static List<String> placesOf(String host) {
    if (host.endsWith(".googleapis.com")) {
      return GEMINI;
    }
    if (host.endsWith(".anthropic.com")) {
      return ANTHROPIC;
    }
    boolean openAi = host.endsWith(".openai.com") || host.endsWith(".azure.com");
    return openAi || host.endsWith(".azure-api.net") ? OPENAI : ANY;
  }

  /** The first that reaches the provider; else the first that was replaced on its way. */
  private String find(List<String> places) {
    for (String place : places) {
      boolean reaches = !lost.contains(place) && !replaced.contains(place);
      String key = reaches ? at(place) : null;
      if (key != null) {
        return key;
      }
    }
    for (String place : places) {
      String key = replaced.contains(place) ? at(place) : null;
      if (key != null) {
        return key;
      }
    }
    return null;
  }

  private String at(String place) {
    if (!place.startsWith(QUERY)) {
      return field(place);
    }
    String value = query == null ? null : parameter(place.substring(QUERY.length()));
    return value == null || value.isEmpty()
        ? null
        : place.equals(AMAZON_QUERY) ? untilSlash(value) : value;
  }

  /** Of a field that is repeated, the first that says something, as most servers have it. */
  private String field(String name) {
    for (String value : headers.getAll(name)) {
      String key = name.equals(AUTHORIZATION) ? ofAuthorization(value.strip()) : value.strip();
      if (!key.isEmpty()) {
        return key;
      }
    }
    return null;
  }

  private String parameter(String name) {
    for (String parameter : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals > 0 && plain(parameter.substring(0, equals)).equals(name)) {
        return plain(parameter.substring(equals + 1)).strip();
      }
    }
    return null;
  }

  /** Decoded, since one key can be escaped in many ways. */
  private static String plain(String text) {
    try {
      return QueryStringDecoder.decodeComponent(text);
    } catch (IllegalArgumentException noEscape) {
      return text;
    }
  }

  /**
   * The token of a {@code Bearer}, in whatever case (RFC 9110 section 11.1). Of a signature, which
   * is another for each request, the access key that it names.
   */
  private static String ofAuthorization(String value) {
    if (value.regionMatches(true, 0, "AWS4-", 0, 5)) {
      int credential = value.indexOf("Credential=");
      return credential < 0 ? value : untilSlash(value.substring(credential + 11));
    }
    boolean bearer =
        value.length() > 6
            && value.regionMatches(true, 0, "Bearer", 0, 6)
            && Character.isWhitespace(value.charAt(6));
    return bearer ? value.substring(7).strip() : value;
  }

  private static String untilSlash(String credential) {
    int slash = credential.indexOf('/');
    return slash < 0 ? credential : credential.substring(0, slash);
  }
}
