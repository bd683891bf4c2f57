package dev.tailtap.upstream;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.usage.Dialect;
import java.util.Locale;
import java.util.Set;

/** How a request shows the key of its upstream: the field, and what stands in it. */
public enum AuthScheme {
  /** RFC 6750 section 2.1. */
  BEARER("authorization"),
  /** Anthropic's. */
  X_API_KEY("x-api-key"),
  /** Azure's. */
  API_KEY("api-key"),
  /** Gemini's. */
  X_GOOG_API_KEY("x-goog-api-key"),
  /** Not at all; nor does the client's go on. */
  NONE(null);

  /** Where clients show theirs, in lower case, whatever the provider. */
  public static final Set<String> FIELDS = UpstreamConfig.CREDENTIAL_FIELDS;

  /**
   * The same of parameters of the query, in lower case: Google's, with the {@code $} of its system
   * parameters, Azure's and Amazon's.
   */
  private static final Set<String> PARAMETERS =
      Set.of(
          "key",
          "$key",
          "access_token",
          "$access_token",
          "api-key",
          "subscription-key",
          "x-amz-credential",
          "x-amz-signature",
          "x-amz-security-token");

  private final String field;

  AuthScheme(String field) {
    this.field = field;
  }

  /**
   * The scheme of a request.
   *
   * @param configured what the settings say
   * @param host of the upstream's URL, by which platforms are told apart
   */
  static AuthScheme of(UpstreamConfig.Auth configured, Dialect dialect, String host) {
    return switch (configured) {
      case AUTO -> auto(dialect, host.toLowerCase(Locale.ROOT));
      case BEARER -> BEARER;
      case X_API_KEY -> X_API_KEY;
      case API_KEY -> API_KEY;
      case X_GOOG_API_KEY -> X_GOOG_API_KEY;
      case NONE -> NONE;
    };
  }

  /** Vertex takes Google's tokens for whatever it serves, and keys for Gemini alone. */
  private static AuthScheme auto(Dialect dialect, String host) {
    return switch (dialect) {
      case ANTHROPIC -> host.endsWith("aiplatform.googleapis.com") ? BEARER : X_API_KEY;
      case GEMINI, GEMINI_INTERACTIONS -> X_GOOG_API_KEY;
      case UNKNOWN -> ofHost(host);
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          OPENAI_AUDIO,
          OPENAI_ASSISTANTS,
          COHERE,
          OLLAMA,
          DASHSCOPE,
          BEDROCK,
          WATSONX,
          LM_STUDIO,
          CLOUDFLARE ->
          isAzure(host) ? API_KEY : BEARER;
    };
  }

  /** A list of models, for example, has no dialect. */
  private static AuthScheme ofHost(String host) {
    if (isAzure(host)) {
      return API_KEY;
    }
    if (host.equals("generativelanguage.googleapis.com")) {
      return X_GOOG_API_KEY;
    }
    return host.endsWith(".anthropic.com") ? X_API_KEY : BEARER;
  }

  private static boolean isAzure(String host) {
    return host.endsWith(".azure.com") || host.endsWith(".azure-api.net");
  }

  /**
   * Whether clients show a key in such a parameter of the query, however its letters are written.
   */
  public static boolean isParameter(String name) {
    return PARAMETERS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** The name of the field, in lower case; null if there is none. */
  String field() {
    return field;
  }

  /** What stands in the field. */
  String value(UpstreamKey key) {
    return this == BEARER ? key.bearer() : key.value();
  }
}
