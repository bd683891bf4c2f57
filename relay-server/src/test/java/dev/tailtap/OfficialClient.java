package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.google.genai.Client;
import com.google.genai.errors.ApiException;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The providers' own clients in three languages, with the settings that they come with. Those of
 * other languages run as processes, where python3 and node find them.
 */
enum OfficialClient {
  OPENAI_JAVA(Language.JAVA, "openai", "openai-java") {
    @Override
    List<String> calls(String url, String key, List<String> calls) {
      OpenAIClient client = OpenAIOkHttpClient.builder().apiKey(key).baseUrl(url + "/v1").build();
      try {
        return each(calls, (model, streamed) -> said(client, model, streamed));
      } finally {
        client.close();
      }
    }
  },

  ANTHROPIC_JAVA(Language.JAVA, "anthropic", "anthropic-java") {
    @Override
    List<String> calls(String url, String key, List<String> calls) {
      AnthropicClient client = AnthropicOkHttpClient.builder().apiKey(key).baseUrl(url).build();
      try {
        return each(calls, (model, streamed) -> said(client, model, streamed));
      } finally {
        client.close();
      }
    }
  },

  /** Asks again by a backoff of its own, whatever an answer says. */
  GOOGLE_JAVA(Language.JAVA, "google", "google-genai") {
    @Override
    List<String> calls(String url, String key, List<String> calls) {
      return google(url, key, null, calls);
    }
  },

  OPENAI_PYTHON(Language.PYTHON, "openai", "openai"),
  ANTHROPIC_PYTHON(Language.PYTHON, "anthropic", "anthropic"),
  OPENAI_NODE(Language.NODE, "openai", "openai"),
  ANTHROPIC_NODE(Language.NODE, "anthropic", "@anthropic-ai/sdk");

  private static final Pattern REASON = Pattern.compile("\"reason\":\\s*\"(\\w+)\"");

  /** How its libraries are found, and what they call an answer of 429, 401 and 403. */
  private enum Language {
    JAVA(
        null,
        null,
        null,
        "RateLimitException",
        "UnauthorizedException",
        "PermissionDeniedException"),
    PYTHON(
        "python3",
        "import %s",
        "official_client.py",
        "RateLimitError",
        "AuthenticationError",
        "PermissionDeniedError"),
    NODE(
        "node",
        "require('%s')",
        "official_client.cjs",
        "RateLimitError",
        "AuthenticationError",
        "PermissionDeniedError");

    private final String program; // null: this process
    private final String load;
    private final String script;
    private final String limited;
    private final String unauthorized;
    private final String denied;

    Language(
        String program,
        String load,
        String script,
        String limited,
        String unauthorized,
        String denied) {
      this.program = program;
      this.load = load;
      this.script = script;
      this.limited = limited;
      this.unauthorized = unauthorized;
      this.denied = denied;
    }
  }

  private final Language language;
  private final String api;
  private final String library;

  OfficialClient(Language language, String api, String library) {
    this.language = language;
    this.api = api;
    this.library = library;
  }

  /** Where it puts its key. */
  String keyField() {
    return switch (this) {
      case OPENAI_JAVA, OPENAI_PYTHON, OPENAI_NODE -> "authorization";
      case ANTHROPIC_JAVA, ANTHROPIC_PYTHON, ANTHROPIC_NODE -> "x-api-key";
      case GOOGLE_JAVA -> "x-goog-api-key";
    };
  }

  /** Its own error for too much, as {@link #calls} says it. */
  String limited(String code) {
    return error(language.limited) + " 429 " + code;
  }

  /** Its own error for a wrong key. */
  String unauthorized() {
    return error(language.unauthorized) + " 401 invalid_api_key";
  }

  /** Its own error for what a key may not do. */
  String denied(String code) {
    return error(language.denied) + " 403 " + code;
  }

  private String error(String ofItsLanguage) {
    return this == GOOGLE_JAVA ? "ClientException" : ofItsLanguage; // for every status below 500
  }

  /** Skips the test where it cannot be had. */
  void assumeThere() throws InterruptedException {
    if (language.program != null) {
      boolean python = language == Language.PYTHON;
      assumeTrue(
          Tool.runs(language.program, python ? "-c" : "-e", language.load.formatted(library)),
          "skipped: " + library + (python ? " for Python missing" : " for Node missing"));
    }
  }

  /**
   * Makes calls one after the other with one client.
   *
   * @param calls each as whole:MODEL or stream:MODEL
   * @return what came of each: ok and the model that answered, or the class, status and code of the
   *     error
   */
  List<String> calls(String url, String key, List<String> calls)
      throws IOException, InterruptedException, URISyntaxException {
    Path file = Path.of(OfficialClient.class.getResource(language.script).toURI());
    List<String> command =
        new ArrayList<>(List.of(language.program, file.toString(), api, url, key));
    command.addAll(calls);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    Map<String, String> environment = builder.environment();
    environment
        .keySet()
        .removeIf(name -> name.startsWith("OPENAI_") || name.startsWith("ANTHROPIC_"));
    environment.put("NO_PROXY", "127.0.0.1");
    environment.put("no_proxy", "127.0.0.1");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    return out.lines().toList();
  }

  /** Google's client; null: it asks again as it likes. */
  static List<String> google(String url, String key, HttpRetryOptions retries, List<String> calls) {
    HttpOptions.Builder options = HttpOptions.builder().baseUrl(url);
    if (retries != null) {
      options.retryOptions(retries);
    }
    try (Client client = Client.builder().apiKey(key).httpOptions(options.build()).build()) {
      return each(calls, (model, streamed) -> said(client, model, streamed));
    }
  }

  /** One call. */
  private interface Call {
    String said(String model, boolean streamed);
  }

  private static List<String> each(List<String> calls, Call call) {
    List<String> said = new ArrayList<>();
    for (String each : calls) {
      String[] kindAndModel = each.split(":", 2);
      said.add(call.said(kindAndModel[1], kindAndModel[0].equals("stream")));
    }
    return said;
  }

  private static String said(OpenAIClient client, String model, boolean streamed) {
    var ask = ChatCompletionCreateParams.builder().model(model).addUserMessage("hi").build();
    try {
      if (!streamed) {
        return "ok " + client.chat().completions().create(ask).model();
      }
      try (var stream = client.chat().completions().createStreaming(ask)) {
        return "ok " + stream.stream().reduce((first, last) -> last).orElseThrow().model();
      }
    } catch (com.openai.errors.OpenAIServiceException e) {
      return error(e, e.statusCode(), e.code().orElse(null));
    }
  }

  private static String said(AnthropicClient client, String model, boolean streamed) {
    var ask =
        MessageCreateParams.builder().model(model).maxTokens(256).addUserMessage("hi").build();
    try {
      if (!streamed) {
        return "ok " + client.messages().create(ask).model().asString();
      }
      try (var stream = client.messages().createStreaming(ask)) {
        var start = stream.stream().reduce((first, next) -> first).orElseThrow();
        return "ok " + start.asMessageStart().message().model().asString();
      }
    } catch (com.anthropic.errors.AnthropicServiceException e) {
      return error(e, e.statusCode(), e.errorCode().orElse(null));
    }
  }

  private static String said(Client client, String model, boolean streamed) {
    try {
      String answered = null;
      if (streamed) {
        for (var part : client.models.generateContentStream(model, "hi", null)) {
          answered = part.modelVersion().orElseThrow();
        }
      } else {
        answered = client.models.generateContent(model, "hi", null).modelVersion().orElseThrow();
      }
      return "ok " + answered;
    } catch (ApiException e) {
      Matcher reason = REASON.matcher(e.getMessage());
      return error(
          e, e.code(), reason.find() ? reason.group(1).toLowerCase(Locale.ROOT) : e.getMessage());
    }
  }

  private static String error(Exception e, int status, String code) {
    return e.getClass().getSimpleName() + " " + status + " " + code;
  }
}
