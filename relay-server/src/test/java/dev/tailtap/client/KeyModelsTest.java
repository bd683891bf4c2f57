package dev.tailtap.client;

import static dev.tailtap.client.KeyedRelays.CHAT;
import static dev.tailtap.client.KeyedRelays.asked;
import static dev.tailtap.client.KeyedRelays.bearer;
import static dev.tailtap.client.KeyedRelays.post;
import static dev.tailtap.client.KeyedRelays.said;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request may have run, wherever it says so and however its body is read. */
@Rule(
    value = "A key with models has no other run, whoever reads the body or the head, and how",
    source = "SECURITY.md")
class KeyModelsTest {
  private static final String JSON = "application/json";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String PARTS = "multipart/form-data; boundary=B";
  private static final String AUDIO = "/v1/audio/transcriptions";

  @RegisterExtension private final KeyedRelays relays = new KeyedRelays();

  @ParameterizedTest
  @CsvSource(
      value = {
        FORM + "|{\"model\":\"fast\",\"a\":\"&model=slow&\"}|400 two_models",
        FORM + "|{\"model\":\"fast\",\"a\":\"&m%6fdel=slow\"}|400 two_models",
        FORM + "|{\"model\":\"fast\",\"a\":\";model=slow\"}|400 two_models",
        FORM + "|{\"a\":\"&model=fast&\",\"model\":\"slow\"}|400 two_models",
        FORM + "|model=slow&a={\"model\":\"fast\"}|400 model_unreadable",
        FORM + "|model=fast&model=slow|400 two_models",
        FORM + "|a=b|400 model_unreadable",
        FORM + "|{\"x\":NaN,\"model\":\"slow\",\"y\":\"&model=fast&\"}|400 model_unreadable",
        FORM + "|{/**/\"model\":\"slow\",\"y\":\"&model=fast&\"}|400 model_unreadable",
        "text/plain|{\"x\":01,\"model\":\"slow\",\"y\":\"&model=fast&\"}|400 model_unreadable",
        "text/plain|model: slow # &model=fast|400 model_unreadable",
        "text/plain|{\"model\":\"fast\",\"a\":\"&model=slow\"}|400 two_models",
        "x|{\"model\":\"fast\",\"a\":\"&Model=slow\"}|400 two_models",
        JSON + "|{\"model\":\"fast\",model:\"slow\"}|400 model_unreadable",
        JSON + "|{\"model\":\"fast\"}{\"model\":\"slow\"}|400 model_unreadable",
        JSON + "|{\"model\":\"fast\"|400 model_unreadable",
        JSON + ";charset=utf-7|{\"model\":\"fast\"}|400 model_unreadable",
        JSON + ";charset=utf-16|{\"model\":\"fast\"}|400 model_unreadable",
        JSON + ", text/plain|{\"model\":\"fast\"}|400 model_unreadable",
        "multipart/form-data;boundary=B;boundary*=utf-8''C|--B|400 model_unreadable",
        "multipart/mixed;boundary=B|{\"model\":\"fast\"}|400 model_unreadable",
        "multipart/form-data;boundary=B|{\"model\":\"fast\"}|400 model_unreadable",
      },
      delimiter = '|')
  void aBodyThatSomeReaderTakesOtherwiseIsNotLetThrough(String type, String body, String answer)
      throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relays.relay()) {
      assertEquals(answer, said(post(rig, CHAT, typed(key, type), body)));
      assertEquals("200", asked(rig, key, "fast"));
      relays.provider().take();
      assertFalse(relays.provider().hasRequest());
    }
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        FORM + "|model=fast&a=b",
        FORM + "|a=b&model=fast",
        FORM + "|{\"model\":\"fast\",\"a\":\"b=c&d\"}", // as curl sends what it is given
        "text/plain|{\"model\":\"fast\"}",
        JSON + "; charset=UTF-8|{\"model\":\"fast\"}",
        "application/vnd.x+json|{\"model\":\"fast\"}",
      },
      delimiter = '|')
  void aBodyThatAllReadAlikeGoesOnAsItIs(String type, String body) throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    try (RelayRig rig = relays.relay()) {
      assertEquals("200", said(post(rig, CHAT, typed(key, type), body)));
      assertEquals(body, relays.provider().take().text());
      assertEquals("fast", rig.row().get("request_model"));
    }
  }

  @Test
  void anUploadIsReadToItsEndForASecondModel() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    String file = part("file\"; filename=\"a.mp3", "x".repeat(100_000));
    String end = "--B--\r\n";
    try (RelayRig rig = relays.relay()) {
      String fields = typed(key, PARTS);
      String good = part("model", "fast") + file + end;
      assertEquals("200", said(post(rig, AUDIO, fields, good)));
      assertEquals(good, relays.provider().take().text());
      for (String name : List.of("model", "Model", "x\"; name=\"model", "x\"; name*=\"model")) {
        String second = part("model", "fast") + file + part(name, "slow") + end;
        assertEquals(400, post(rig, AUDIO, fields, second).status(), name);
      }
      String cut = part("model", "fast") + file + "--B";
      assertEquals("400 model_unreadable", said(post(rig, AUDIO, fields, cut)));
      String slow = part("model", "slow") + file + end;
      assertEquals("403 model_not_allowed", said(post(rig, AUDIO, fields, slow)));
      String none = part("purpose", "batch") + file + end;
      assertEquals("400 model_unreadable", said(post(rig, "/v1/files", fields, none)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "azureml-model-deployment: %s",
        "AzureML_Model_Deployment: %s",
        "x-ms-model-mesh-model-name: %s",
        "X-Amzn-SageMaker-Target-Model: %s",
        "X-Amzn-SageMaker-Target-Variant: %s",
        "X-Amzn-SageMaker-Inference-Component: %s",
        "x-gateway-model-name-rewrite: %s",
        "Seldon-Model: %s",
        "model-override: %s",
        "?model=%s",
        "?a=b&%%6Dodel=%s",
        "?a=b;MODEL_ID=%s",
        "?deployment=%s",
      })
  void noFieldAndNoParameterChoosesAModelThatTheKeyIsNotFor(String place) throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast,blue");
    String free = relays.keys().issue("vk_2", "tenant=t");
    try (RelayRig rig = relays.relay()) {
      assertEquals("403 model_not_allowed", said(beside(rig, key, place.formatted("slow"))));
      assertEquals("200", said(beside(rig, key, place.formatted("blue"))));
      assertEquals("200", said(beside(rig, free, place.formatted("slow"))));
      boolean query = place.startsWith("?");
      String shown = place.formatted("slow");
      try (RawClient client = rig.client()) {
        client.send(
            "GET /v1/x%s HTTP/1.1\r\nHost: relay\r\n%s%s\r\n"
                .formatted(query ? shown : "", query ? "" : shown + "\r\n", bearer(key)));
        assertEquals("403 model_not_allowed", said(client.answer()));
      }
    }
  }

  @Test
  @Rule(
      value = "Of a request whose model nobody can be sure of, every limit of models is asked",
      source = "docs/LIMITS.md")
  void aLimitOfAModelIsForWhateverMayRunIt() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t");
    String far = part("file", "x".repeat(100_000)) + part("model", "big") + "--B--\r\n";
    try (RelayRig rig = relays.relay("limit.a.match", "model:big", "limit.a.requests", "1/h")) {
      assertEquals("200", asked(rig, key, "big"));
      assertEquals("429 requests_limit", asked(rig, key, "big"));
      assertEquals("200", asked(rig, key, "small"));
      assertEquals("429 requests_limit", said(post(rig, AUDIO, typed(key, PARTS), far)));
      assertEquals("429 requests_limit", said(beside(rig, key, "seldon-model: big")));
      assertEquals("200", said(beside(rig, key, "seldon-model: fast")));
      assertEquals("200", said(post(rig, "/v1/files", typed(key, PARTS), far)), "runs none");
      String none = part("file", "x") + "--B--\r\n";
      assertEquals("200", said(post(rig, "/v1/x", typed(key, PARTS), none)), "names none");
      String form = "{\"model\":\"small\",\"a\":\"&model=big\"}";
      assertEquals("400 two_models", said(post(rig, CHAT, typed(key, FORM), form)));
      assertTrue(rig.admin("/limits").contains("\"name\":\"a\""));
    }
  }

  /** Deep JSON, which the reader along does not follow, and other readers do. */
  @Test
  void whereTheReaderGaveUpNoFormIsBelieved() throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    String deep = "[".repeat(600) + "]".repeat(600);
    String body = "{\"x\":%s,\"model\":\"slow\",\"y\":\"&model=fast&\"}".formatted(deep);
    String free = relays.keys().issue("vk_2", "tenant=t");
    try (RelayRig rig = relays.relay("limit.a.match", "model:slow", "limit.a.requests", "1/h")) {
      assertEquals("400 model_unreadable", said(post(rig, CHAT, typed(key, "text/plain"), body)));
      assertFalse(relays.provider().hasRequest());
      assertEquals("200", said(post(rig, CHAT, typed(free, "text/plain"), body)));
      assertEquals("429 requests_limit", said(post(rig, CHAT, typed(free, "text/plain"), body)));
    }
  }

  /** A line feed or a carriage return alone is a line break for some readers of forms. */
  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\n\n", "\r\r\n"})
  void aPartThatSomeReadersFindIsASecondModel(String lineBreak) throws Exception {
    String key = relays.keys().issue("vk_1", "tenant=t; models=fast");
    String hidden =
        "a%s--B%sContent-Disposition: form-data; name=\"model\"%s%sslow"
            .formatted(lineBreak, lineBreak, lineBreak, lineBreak);
    String good = part("x", "a\n--C\n\r--\r\n-b") + part("model", "fast") + "--B--\r\n";
    try (RelayRig rig = relays.relay()) {
      for (String body :
          List.of(
              part("x", hidden) + part("model", "fast") + "--B--\r\n",
              part("model", "fast") + part("x", hidden) + "--B--\r\n",
              hidden + "\r\n" + part("model", "fast") + "--B--\r\n")) {
        assertEquals(400, post(rig, AUDIO, typed(key, PARTS), body).status(), body);
      }
      assertEquals("200", said(post(rig, AUDIO, typed(key, PARTS), good)));
      assertEquals(good, relays.provider().take().text());
    }
  }

  private static RawClient.Answer beside(RelayRig rig, String key, String shown) throws Exception {
    boolean query = shown.startsWith("?");
    String fields = query ? bearer(key) : bearer(key) + shown + "\r\n";
    return post(rig, CHAT + (query ? shown : ""), fields, "{\"model\":\"fast\"}");
  }

  private static String typed(String key, String type) {
    return bearer(key) + "Content-Type: " + type + "\r\n";
  }

  private static String part(String name, String content) {
    return "--B\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
        .formatted(name, content);
  }
}
