package dev.tailtap.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * One streaming call of the demo, in one dialect: how a client would make it, and where in its
 * frames the answer's text stands.
 *
 * @param textField the field whose string values, joined, are the answer
 */
public record DemoCall(
    String title, String path, String keyField, String key, String body, String textField) {
  private static final JsonFactory JSON = new JsonFactory();

  /** One call of each dialect. */
  public static List<DemoCall> all() {
    return List.of(
        new DemoCall(
            "OpenAI chat completions",
            "/v1/chat/completions",
            "Authorization",
            "Bearer demo-key",
            """
            {"model":"demo-chat","stream":true,"messages":[{"role":"user","content":"Hello"}]}""",
            "content"),
        new DemoCall(
            "OpenAI Responses",
            "/v1/responses",
            "Authorization",
            "Bearer demo-key",
            """
            {"model":"demo-responses","stream":true,"input":"Hello"}""",
            "delta"),
        new DemoCall(
            "Anthropic Messages",
            "/v1/messages",
            "x-api-key",
            "demo-key",
            """
            {"model":"demo-claude","max_tokens":256,"stream":true,\
            "messages":[{"role":"user","content":"Hello"}]}""",
            "text"),
        new DemoCall(
            "Gemini",
            "/v1beta/models/demo-gemini:streamGenerateContent?alt=sse",
            "x-goog-api-key",
            "demo-key",
            """
            {"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""",
            "text"));
  }

  /** The same call along a route that has a path of its own before the provider's. */
  public DemoCall below(String route) {
    return new DemoCall(title, route + path, keyField, key, body, textField);
  }

  /** The same question, to be answered whole. */
  DemoCall whole() {
    return new DemoCall(
        title,
        path.replace(":streamGenerateContent?alt=sse", ":generateContent"),
        keyField,
        key,
        body.replace("\"stream\":true,", ""),
        textField);
  }

  /** Makes the call and prints its answer as it streams in. */
  public void print(HttpClient client, URI relay, PrintStream out)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(relay.resolve(path))
            .header("Content-Type", "application/json")
            .header(keyField, key)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<Stream<String>> response =
        client.send(request, HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = response.body()) {
      lines.forEach(
          line -> {
            if (line.startsWith("data:")) {
              out.print(text(line.substring("data:".length()).strip()));
              out.flush();
            }
          });
    }
    out.println();
  }

  /** The line to type for the same call. */
  public String curl(URI relay) {
    return "curl -N '"
        + relay.resolve(path)
        + "' -H 'Content-Type: application/json' -H '"
        + keyField
        + ": "
        + key
        + "' -d '"
        + body
        + "'";
  }

  /** The text in one frame: what its objects say at our field, wherever they stand. */
  private String text(String frame) {
    StringBuilder text = new StringBuilder();
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), frame)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING && textField.equals(parser.currentName())) {
          text.append(parser.getString());
        }
      }
    } catch (JacksonException notJson) {
      return ""; // [DONE]
    }
    return text.toString();
  }
}
