package dev.tailtap.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class DemoProviderTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\":\"m \\\"1\\\"\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]%s}";

  private final HttpClient client = HttpClient.newHttpClient();
  private DemoProvider provider;

  @BeforeEach
  void open() throws IOException {
    provider = DemoProvider.open(0, Duration.ZERO);
  }

  @AfterEach
  void close() {
    provider.close();
  }

  @Test
  void chatSendsUsageOnlyWhereItWasAskedFor() throws Exception {
    String without = post(CHAT, ASK.formatted("")).body();
    assertFalse(without.contains("\"usage\""), without);
    assertTrue(without.endsWith("data: [DONE]\n\n"), without);
    String with = post(CHAT, ASK.formatted(",\"stream_options\":{\"include_usage\":true}")).body();
    assertEquals(1, count(with, "\"choices\":\\[\\],\"usage\":\\{"));
    assertEquals(count(without, "data: \\{") + 1, count(with, "data: \\{"));
    assertFalse(with.contains("\"usage\":null"), with);
    assertEquals(
        count(with, "\"content\":\"[^\"]+\"") + number(with, "reasoning_tokens"),
        number(with, "completion_tokens"));
    assertEquals(
        number(with, "prompt_tokens") + number(with, "completion_tokens"),
        number(with, "total_tokens"));
    assertTrue(with.contains("\"model\":\"m \\\"1\\\"\""), with);
  }

  @Test
  void refusesEachCallInItsDialectUntilItRecovers() throws Exception {
    String before = post(CHAT, ASK.formatted("")).body();
    provider.die();
    HttpResponse<String> dead = post("/v1/messages", ASK.formatted(""));
    assertEquals(503, dead.statusCode());
    assertTrue(dead.body().contains("\"type\":\"error\""), dead.body());
    assertEquals(503, post(CHAT, ASK.formatted("")).statusCode());
    provider.recover();
    assertEquals(before, post(CHAT, ASK.formatted("")).body());
  }

  @Test
  void theSameQuestionGetsTheSameBytes() throws Exception {
    assertEquals(post(CHAT, ASK.formatted("")).body(), post(CHAT, ASK.formatted("")).body());
  }

  @Test
  void responsesEndWithTheWholeResponseAndItsUsage() throws Exception {
    String body = post("/v1/responses", ASK.formatted("")).body();
    assertTrue(body.startsWith("event: response.created\ndata: {"), body);
    String last = body.substring(body.lastIndexOf("event: "));
    assertTrue(last.startsWith("event: response.completed\n"), last);
    assertEquals(
        number(last, "input_tokens") + number(last, "output_tokens"), number(last, "total_tokens"));
  }

  @Test
  void messagesSplitTheirUsageOverStartAndDelta() throws Exception {
    String body = post("/v1/messages", ASK.formatted("")).body();
    assertTrue(body.startsWith("event: message_start\ndata: {\"type\":\"message_start\""), body);
    assertTrue(body.contains("event: ping\ndata: {\"type\":\"ping\"}\n\n"), body);
    assertTrue(body.endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"), body);
    String delta = body.substring(body.indexOf("event: message_delta"));
    assertEquals(count(body, "\"text_delta\""), number(delta, "output_tokens"));
  }

  @Test
  void geminiCarriesUsageInEveryFrameAndEndsLinesWithCrLf() throws Exception {
    String body = post("/v1beta/models/g-1:streamGenerateContent?alt=sse", "{}").body();
    assertEquals(count(body, "data: \\{.*\\}\r\n\r\n"), count(body, "usageMetadata"));
    assertFalse(body.replace("\r\n", "").contains("\n"), body);
    String last = body.substring(body.lastIndexOf("data: "));
    assertEquals(
        number(last, "promptTokenCount")
            + number(last, "candidatesTokenCount")
            + number(last, "thoughtsTokenCount"),
        number(last, "totalTokenCount"));
    assertTrue(last.contains("\"modelVersion\": \"g-1\""), last);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CHAT,
        "/v1/responses",
        "/v1/messages",
        "/v1beta/models/g-1:generateContent",
        "/v1beta/models/g-1:streamGenerateContent",
      })
  void anAnswerWithoutStreamingIsJson(String path) throws Exception {
    HttpResponse<String> response = post(path, "{\"model\":\"m\"}");
    assertEquals(200, response.statusCode());
    assertJson(response.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CHAT,
        "/v1/responses",
        "/v1/messages",
        "/v1beta/models/g-1:streamGenerateContent?alt=sse",
      })
  void everyFrameIsJson(String path) throws Exception {
    String usage = ",\"stream_options\":{\"include_usage\":true}";
    post(path, ASK.formatted(usage))
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .forEach(line -> assertJson(line.substring(6)));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions,\"type\":\"invalid_request_error\"",
    "/v1/responses,\"type\":\"invalid_request_error\"",
    "/v1/messages,\"type\":\"error\"",
    "/v1beta/models/g:generateContent,\"status\": \"INVALID_ARGUMENT\"",
  })
  void badJsonIsRefusedAsTheProviderWould(String path, String expected) throws Exception {
    for (String body : new String[] {"", "{", "[]", "{} {}", "nonsense"}) {
      HttpResponse<String> response = post(path, body);
      assertEquals(400, response.statusCode());
      assertTrue(response.body().contains(expected), response.body());
      assertJson(response.body());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/nothing,\"param\":null",
    "/v1/messages/nothing,not_found_error",
    "/v1beta/nothing,NOT_FOUND",
  })
  void anUnknownPathIsA404AsTheProviderWould(String path, String expected) throws Exception {
    HttpResponse<String> response = post(path, "{}");
    assertEquals(404, response.statusCode());
    assertTrue(response.body().contains(expected), response.body());
  }

  @Test
  void listsItsModels() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(provider.url().resolve("/v1/models")).build();
    String body = client.send(request, BodyHandlers.ofString()).body();
    assertJson(body);
    assertTrue(body.contains("demo-large"), body);
  }

  @Test
  void anEventIsSentBeforeTheNextOneIsDueAndClosingCutsTheStream() throws Exception {
    provider.close();
    provider = DemoProvider.open(0, Duration.ofMillis(50));
    HttpRequest request =
        HttpRequest.newBuilder(provider.url().resolve(CHAT))
            .POST(BodyPublishers.ofString(ASK.formatted("")))
            .build();
    var response = client.send(request, BodyHandlers.ofInputStream());
    try (var lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertTrue(lines.readLine().contains("\"role\":\"assistant\""));
      provider.close();
      assertThrows(UncheckedIOException.class, () -> lines.lines().forEach(line -> {}));
    }
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(provider.url() + path))
            .POST(BodyPublishers.ofString(body))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static long count(String text, String regex) {
    return Pattern.compile(regex).matcher(text).results().count();
  }

  private static long number(String text, String name) {
    Matcher matcher = Pattern.compile("\"" + name + "\": ?(\\d+)").matcher(text);
    assertTrue(matcher.find(), () -> name + " is not in " + text);
    return Long.parseLong(matcher.group(1));
  }

  private static void assertJson(String text) {
    try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      while (json.nextToken() != null) {
        assertFalse(json.currentToken().isNumeric() && json.getNumberValue() == null);
      }
    }
  }
}
