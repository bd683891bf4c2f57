package dev.tailtap.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.usage.Dialect;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** By which of the keys in a request its provider knows the caller. */
class CredentialTest {
  private static final String ALL =
      "authorization=Bearer A|x-api-key=X|x-goog-api-key=G|api-key=Z|ocp-apim-subscription-key=O";

  @ParameterizedTest
  @CsvSource({
    "gemini, generativelanguage.googleapis.com, G",
    "gemini, example.com, G",
    "gemini, eu-aiplatform.googleapis.com, A",
    "anthropic, api.anthropic.com, X",
    "anthropic, us-aiplatform.googleapis.com, A",
    "anthropic, bedrock-runtime.us-east-1.amazonaws.com, A",
    "openai-chat, api.openai.com, A",
    "openai-chat, x.openai.azure.com, A",
    "bedrock, example.com, A",
    "cohere, api.cohere.com, A",
    "unknown, api.anthropic.com, X",
    "unknown, generativelanguage.googleapis.com, G",
    "unknown, example.com, A",
  })
  void ofManyKeysTheProvidersOwnCounts(String dialect, String host, String key) {
    assertEquals(key, of(dialect, host, ALL, "key=Q&X-Amz-Credential=W", "", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat, api-key=Z|x-api-key=X, '', Z",
    "openai-chat, ocp-apim-subscription-key=O|x-api-key=X, '', O",
    "openai-chat, x-api-key=X, '', X",
    "gemini, x-api-key=X, key=Q, Q",
    "gemini, x-api-key=X, $key=Q, Q",
    "gemini, x-api-key=X, a=b&k%65y=%51&key=R, Q",
    "gemini, x-api-key=X, %24key=Q, Q",
    "gemini, authorization=Bearer A|x-api-key=X, alt=sse, A",
    "gemini, x-api-key=X, '', X",
    "anthropic, authorization=Bearer A|x-goog-api-key=G, key=Q, A",
    "openai-chat, authorization=bearer   A, '', A",
    "openai-chat, authorization=BEARER\tA, '', A",
    "openai-chat, authorization=|authorization=Bearer A|api-key=Z, '', A",
    "openai-chat, authorization=Bearer A|authorization=Bearer B, '', A",
    "unknown, x-other=1, '', ",
  })
  void looksWhereTheProviderLooks(String dialect, String fields, String query, String key) {
    assertEquals(key, of(dialect, "example.com", fields, query, "", ""));
  }

  @Test
  @Rule(
      value = "Of a signature, which no two requests share, the access key counts.",
      source = "AWS Signature Version 4")
  void aSignedRequestIsKnownByItsAccessKey() {
    for (String kind : List.of("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")) {
      for (String signature : List.of("1f", "2e")) {
        String field =
            "authorization="
                + kind
                + " Credential=AKIA1/20260101/us-east-1/bedrock/aws4_request,"
                + " SignedHeaders=host, Signature="
                + signature;
        assertEquals("AKIA1", of("bedrock", "example.com", field, "", "", ""));
      }
    }
    String query = "X-Amz-Credential=AKIA1%2F20260101%2Fus-east-1&X-Amz-Signature=1f";
    assertEquals("AKIA1", of("bedrock", "example.com", "x-api-key=X", query, "", ""));
  }

  @Test
  void aFieldThatDoesNotGoOnIsNoKey() {
    assertEquals(
        "Q", of("gemini", "example.com", "x-goog-api-key=G", "key=Q", "x-goog-api-key", ""));
    assertEquals(null, of("openai-chat", "example.com", "api-key=Z", "", "api-key", ""));
  }

  @Test
  void aFieldThatTheConfigurationReplacesCountsLast() {
    assertEquals(
        "A",
        of("anthropic", "example.com", "x-api-key=X|authorization=Bearer A", "", "", "x-api-key"));
    assertEquals("X", of("anthropic", "example.com", "x-api-key=X|api-key=Z", "", "", "x-api-key"));
  }

  @Test
  @Rule(
      value = "A caller is not another one by a key that its provider does not look at.",
      source = "docs/DECISIONS.md")
  void oneKeyIsOneTenantWhateverElseIsSent() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "application/json", "{}"));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      String path = "POST /v1beta/models/gemini-2.5-pro:generateContent";
      for (int i = 0; i < 20; i++) {
        String made =
            i % 4 == 0
                ? "x-goog-api-key: AIza-1\r\nx-api-key: made-" + i
                : i % 4 == 1
                    ? "x-goog-api-key: AIza-1\r\nAuthorization: Bearer made-" + i
                    : i % 4 == 2
                        ? "x-goog-api-key: AIza-1\r\napi-key: made-" + i
                        : "Connection: x-goog-api-key\r\nx-goog-api-key: made-" + i;
        String query = i % 4 == 3 ? "?key=AIza-1" : "";
        client.send(
            path + query + " HTTP/1.1\r\nHost: r\r\n" + made + "\r\nContent-Length: 2\r\n\r\n{}");
        client.answer();
      }
      client.send(path + " HTTP/1.1\r\nHost: r\r\nx-goog-api-key: AIza-2\r\n\r\n").answer();
      List<Map<String, Object>> rows = rig.rows(21);
      Set<Object> tenants =
          rows.subList(0, 20).stream().map(row -> row.get("tenant")).collect(Collectors.toSet());
      assertEquals(1, tenants.size());
      assertNotEquals(rows.get(0).get("tenant"), rows.get(20).get("tenant"));
    }
  }

  private static String of(
      String dialect, String host, String fields, String query, String lost, String replaced) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (String field : fields.split("\\|", -1)) {
      int equals = field.indexOf('=');
      headers.add(field.substring(0, equals), field.substring(equals + 1));
    }
    Set<String> gone = new HashSet<>(Set.of(lost, replaced.isEmpty() ? "-" : replaced));
    return Credential.of(headers, query, Dialect.named(dialect), host, gone, Set.of(replaced));
  }
}
