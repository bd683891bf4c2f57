package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.genai.types.HttpRetryOptions;
import dev.tailtap.demo.DemoProvider;
import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The providers' own clients, as they come, under virtual keys, limits and budgets. */
@Lengthy
class LimitedClientsTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private IssuedKeys keys;
  private DemoProvider demo;
  private Provider provider;

  @BeforeEach
  void start() throws IOException {
    keys = new IssuedKeys();
    demo = DemoProvider.open(0, Duration.ZERO);
    provider = new Provider(this::asDemo);
  }

  @AfterEach
  void stop() throws IOException {
    provider.close();
    demo.close();
  }

  /** Answers as the demo would, and is seen doing so. */
  private void asDemo(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    URI uri = demo.url().resolve(request.line().split(" ", 3)[1]);
    HttpRequest asked =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.body()))
            .build();
    HttpResponse<byte[]> said = http.send(asked, HttpResponse.BodyHandlers.ofByteArray());
    String type = said.headers().firstValue("content-type").orElseThrow();
    answer.whole(said.statusCode(), type, said.body());
  }

  private RelayRig relay(String... settings) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("keys.file", keys.path(), "upstream.test.key.first", "ours"));
    all.addAll(Arrays.asList(settings));
    return new RelayRig(provider.url(), all.toArray(String[]::new));
  }

  private static int refused(RelayRig rig, String reason) throws Exception {
    String name = "tailtap_limit_refused_total{limit=\"a\",reason=\"" + reason + "\"} ";
    return rig.admin("/metrics")
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  /** A relay that has refused a call of this key for its budget, so that it refuses the next. */
  private RelayRig spent(String key) throws Exception {
    RelayRig rig =
        relay(
            "limit.a.match",
            "tenant:acme",
            "limit.a.per",
            "tenant",
            "limit.a.budget",
            "1 tokens/month");
    String json = "{\"model\":\"demo\",\"messages\":[]}";
    String call =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(key, json.length(), json);
    long deadline = System.nanoTime() + Patience.NANOS;
    while (refused(rig, "budget") == 0) {
      assertTrue(System.nanoTime() < deadline, "the budget was never spent");
      LockSupport.parkNanos(20_000_000);
      try (RawClient client = rig.client()) {
        client.send(call).answer();
      }
    }
    provider.forget();
    return rig;
  }

  /** A client that asks too early is refused once more. */
  @ParameterizedTest
  @EnumSource
  @Rule(
      value = "Clients' libraries come back by themselves from a 429, and not before its time",
      source = "docs/LIMITS.md")
  void waitsAndComesBackByItself(OfficialClient client) throws Exception {
    client.assumeThere();
    String key = keys.issue("vk_1", "tenant=acme; limit=a");
    try (RelayRig rig =
        relay(
            "limit.a.match", "named", "limit.a.requests", "15/m", "limit.a.requests-burst", "1")) {
      List<String> calls = List.of("whole:demo", "stream:demo");
      assertEquals(List.of("ok demo", "ok demo"), client.calls(rig.url(), key, calls));
      for (int i = 0; i < calls.size(); i++) {
        provider.take();
      }
      assertFalse(provider.hasRequest(), "a call was made twice");
      int refused = refused(rig, "requests_limit");
      assertTrue(refused >= 1, "no call was refused");
      if (client != OfficialClient.GOOGLE_JAVA) {
        assertTrue(refused < calls.size(), refused + " refusals: it came back too early");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GOOGLE_JAVA")
  @Rule(
      value = "Clients' libraries give up at a spent budget at once, with an error of their own",
      source = "docs/LIMITS.md")
  void stopsAtASpentBudget(OfficialClient client) throws Exception {
    client.assumeThere();
    String key = keys.issue("vk_1", "tenant=acme");
    try (RelayRig rig = spent(key)) {
      int before = refused(rig, "budget");
      List<String> calls = List.of("whole:demo", "stream:demo");
      String error = client.limited("budget");
      assertEquals(List.of(error, error), client.calls(rig.url(), key, calls));
      assertEquals(before + calls.size(), refused(rig, "budget"), "it asked again in vain");
      assertFalse(provider.hasRequest());
    }
  }

  /** It reads neither Retry-After nor x-should-retry. */
  @Test
  void googlesClientStopsAtASpentBudgetIfItIsToldToAskOnce() throws Exception {
    String key = keys.issue("vk_1", "tenant=acme");
    try (RelayRig rig = spent(key)) {
      List<String> call = List.of("whole:demo");
      List<String> error = List.of(OfficialClient.GOOGLE_JAVA.limited("budget"));
      int before = refused(rig, "budget");
      HttpRetryOptions once = HttpRetryOptions.builder().attempts(1).build();
      assertEquals(error, OfficialClient.google(rig.url(), key, once, call));
      assertEquals(before + 1, refused(rig, "budget"));
      HttpRetryOptions hasty = HttpRetryOptions.builder().initialDelay(0.001).build();
      assertEquals(error, OfficialClient.google(rig.url(), key, hasty, call));
      assertEquals(before + 6, refused(rig, "budget"), "docs/LIMITS.md says five");
      assertFalse(provider.hasRequest());
    }
  }

  @ParameterizedTest
  @EnumSource
  @Rule(
      value = "A virtual key stands where each client's library has its key, and goes no further",
      source = "SECURITY.md")
  void takesAKeyFromWhereTheClientHasIt(OfficialClient client) throws Exception {
    client.assumeThere();
    String key = keys.issue("vk_1", "tenant=acme; models=demo");
    try (RelayRig rig = relay()) {
      assertEquals(
          List.of("ok demo", client.denied("model_not_allowed")),
          client.calls(rig.url(), key, List.of("whole:demo", "whole:other")));
      Provider.Request seen = provider.take();
      for (String field : List.of("authorization", "x-api-key", "x-goog-api-key")) {
        String ours = field.equals("authorization") ? "Bearer ours" : "ours";
        assertEquals(field.equals(client.keyField()) ? ours : null, seen.field(field), field);
      }
      String all = seen.line() + seen.fields() + seen.text();
      assertFalse(all.contains("tt_"), all);
      assertEquals(
          List.of(client.unauthorized()),
          client.calls(rig.url(), IssuedKeys.unknown(), List.of("whole:demo")));
      assertFalse(provider.hasRequest());
      Map<String, Object> row = rig.row();
      assertEquals("vk_1", row.get("virtual_key"));
      assertEquals("acme", row.get("tenant"));
    }
  }
}
