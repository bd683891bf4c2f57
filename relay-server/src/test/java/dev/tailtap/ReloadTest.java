package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.NoLeaks;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Other settings take the place of those in use, all or none, while the relay goes on. */
@ExtendWith(NoLeaks.class)
class ReloadTest {
  private static final String SSE = "text/event-stream";
  private static final Provider.Script PLAIN =
      (request, answer) -> answer.whole(200, "text/plain", "ok");

  @Test
  void everyMistakeIsToldAndNothingChanges() throws Exception {
    try (Provider provider = new Provider(PLAIN);
        RelayRig rig = new RelayRig(provider.url(), "admin.hosts", "before")) {
      String before = rig.admin("/config");
      rig.set(
          "limits.streams", "many",
          "limits.client-idle", "7s",
          "route.test.upstream", "tset",
          "upstream.test.key.a", "two words",
          "relay.lops", "2");
      HttpResponse<String> answer = rig.reload("");
      assertEquals(422, answer.statusCode());
      for (String error :
          List.of(
              "relay.lops: is no setting; did you mean relay.loops?",
              "limits.streams=many: must be a whole number from 1 to 1000000",
              "upstream.test.key.a: must be visible ASCII without spaces",
              "route.test.upstream=tset: must be one of the upstreams, test")) {
        assertTrue(answer.body().contains(error), answer.body());
      }
      assertTrue(answer.body().contains("\"result\":\"refused\""), answer.body());
      assertTrue(answer.body().contains("\"changed\":[]"), answer.body());
      assertFalse(answer.body().contains("two words"), answer.body());
      String after = rig.admin("/config");
      assertEquals(settings(before), settings(after));
      assertEquals(since(before), since(after));
      assertTrue(after.contains("relay.lops: is no setting"), after);
      assertEquals("ok", get(rig, "/v1/a"));
      rig.awaitMetric("tailtap_config_reloads_total{result=\"refused\"} 1.0");
    }
  }

  @Test
  void aFileThatIsGoneOrWasCutLeavesEverythingAsItWas() throws Exception {
    try (Provider provider = new Provider(PLAIN);
        RelayRig rig = new RelayRig(provider.url())) {
      String whole = Files.readString(rig.path());
      Files.delete(rig.path());
      HttpResponse<String> gone = rig.reload("");
      assertEquals(422, gone.statusCode());
      assertTrue(gone.body().contains("relay.properties: no such file"), gone.body());
      assertTrue(rig.admin("/config").contains("no such file"));
      Files.writeString(rig.path(), whole.substring(0, whole.indexOf("route.test.upstream") + 9));
      assertEquals(422, rig.reload("").statusCode());
      assertEquals("ok", get(rig, "/v1/a"));
      Files.writeString(rig.path(), "# the same\n" + whole);
      HttpResponse<String> back = rig.reload("");
      assertTrue(back.body().contains("\"result\":\"unchanged\""), back.body());
    }
  }

  @Test
  void aRouteThatWasAddedLeadsTheNextRequest() throws Exception {
    try (Provider one = new Provider(PLAIN);
        Provider two = new Provider((request, answer) -> answer.whole(200, "text/plain", "two"));
        RelayRig rig = new RelayRig(one.url(), "route.test.path", "/v1");
        RawClient client = rig.client()) {
      assertEquals(404, client.get("/other/a").answer().status());
      String before = rig.admin("/config");
      String answer =
          rig.reload(
              "upstream.two.url",
              two.url(),
              "route.other.path",
              "/other",
              "route.other.upstream",
              "two");
      assertTrue(answer.contains("\"result\":\"applied\""), answer);
      assertTrue(answer.contains("\"route.other.path\""), answer);
      assertEquals("two", client.get("/other/a").answer().text());
      assertEquals("ok", client.get("/v1/a").answer().text());
      assertNotEquals(since(before), since(rig.admin("/config")));
      assertTrue(rig.admin("/upstreams").contains("\"two\""));
      rig.awaitMetric("tailtap_streams_active{upstream=\"two\"} 0.0");
    }
  }

  @Test
  void aStreamOfAnUpstreamThatWasRemovedEndsWholeAndLeavesNoFigure() throws Exception {
    CountDownLatch removed = new CountDownLatch(1);
    try (Provider gone =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk("data: 1\n\n");
                  removed.await();
                  answer.chunk("data: 2\n\n").lastChunk();
                  answer.awaitClose();
                });
        Provider kept = new Provider(PLAIN);
        RelayRig rig =
            new RelayRig(
                kept.url(),
                "upstream.gone.url",
                gone.url(),
                "route.gone.path",
                "/gone",
                "route.gone.upstream",
                "gone");
        RawClient client = rig.client()) {
      RawClient.Answer head = client.get("/gone/v1/a").head();
      assertEquals("data: 1\n\n", client.chunk());
      rig.awaitMetric("tailtap_streams_active{upstream=\"gone\"} 1.0");
      rig.reload("upstream.gone.url", null, "route.gone.path", null, "route.gone.upstream", null);
      assertNoTrace(rig);
      assertTrue(rig.admin("/concurrency").startsWith("{\"active\":1,"), "it still runs");
      assertEquals("ok", get(rig, "/gone/v1/b"), "the route above leads it now");
      removed.countDown();
      assertTrue(client.rest(head).whole());
      List<Map<String, Object>> rows = rig.rowsUnder("/gone/v1/a", 1);
      assertEquals("gone", rows.get(0).get("upstream"));
      assertEquals("completed", rows.get(0).get("outcome"));
      rig.awaitMetric("tailtap_upstream_evicted_total{reason=\"retired\"} 1.0");
      assertNoTrace(rig);
      assertTrue(rig.admin("/concurrency").startsWith("{\"active\":0,"), "all is over");
    }
  }

  private static void assertNoTrace(RelayRig rig) throws Exception {
    for (String page : List.of("/metrics", "/upstreams", "/concurrency", "/config")) {
      String shown = rig.admin(page);
      assertFalse(shown.contains("\"gone\"") || shown.contains(".gone."), shown);
    }
  }

  @Test
  void anotherKeyIsForTheNextRequest() throws Exception {
    CountDownLatch changed = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk("data: 1\n\n");
                  changed.await();
                  answer.lastChunk();
                });
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "upstream.test.key.a",
                "sk-before",
                "upstream.test.auth",
                "bearer");
        RawClient first = rig.client();
        RawClient second = rig.client()) {
      RawClient.Answer head = first.get("/v1/a").head();
      assertEquals("Bearer sk-before", provider.take().field("authorization"));
      String answer = rig.reload("upstream.test.key.a", "sk-after");
      assertTrue(answer.contains("\"changed\":[\"upstream.test.key.a\"]"), answer);
      second.get("/v1/b");
      assertEquals("Bearer sk-after", provider.take().field("authorization"));
      changed.countDown();
      assertTrue(first.rest(head).whole());
      assertTrue(second.answer().whole());
    }
  }

  @Test
  void whatWasLearnedOfAnUpstreamStaysWithItsPlace() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) ->
                    answer.send(
                        "HTTP/1.1 429 No\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"));
        Provider other = new Provider(PLAIN);
        RelayRig rig =
            new RelayRig(
                provider.url(), "upstream.test.key.a", "k1", "upstream.test.key.b", "k2")) {
      get(rig, "/v1/a");
      rig.awaitMetric("tailtap_upstream_state{key=\"a\",state=\"parked\",upstream=\"test\"} 1.0");
      String state = rig.admin("/upstreams");
      rig.reload("limits.client-idle", "17s", "upstream.test.key.b", null);
      rig.awaitMetric("tailtap_upstream_state{key=\"a\",state=\"parked\",upstream=\"test\"} 1.0");
      assertTrue(state.contains("\"b\"") && !rig.admin("/upstreams").contains("\"b\""), state);
      rig.reload("upstream.test.url", other.url());
      rig.awaitMetric("tailtap_upstream_state{key=\"a\",state=\"ok\",upstream=\"test\"} 1.0");
      assertEquals("ok", get(rig, "/v1/a"));
    }
  }

  @Test
  void connectionsToWhereAnUpstreamStaysAreUsedAgain() throws Exception {
    try (Provider provider = new Provider(PLAIN);
        Provider other = new Provider(PLAIN);
        RelayRig rig = new RelayRig(provider.url(), "relay.loops", "1");
        RawClient client = rig.client()) {
      assertTrue(client.get("/v1/a").answer().whole());
      rig.awaitMetric("tailtap_upstream_idle_connections 1.0");
      rig.reload("upstream.test.head-timeout", "17s", "upstream.test.streams", "3");
      assertTrue(client.get("/v1/b").answer().whole());
      assertEquals(1, provider.connections());
      rig.awaitMetric("tailtap_upstream_idle_connections 1.0");
      rig.reload("upstream.test.url", other.url());
      rig.awaitMetric("tailtap_upstream_idle_connections 0.0");
      assertTrue(client.get("/v1/c").answer().whole());
      assertEquals(1, other.connections());
    }
  }

  @Test
  void whatNeedsARestartIsNamedAndStays() throws Exception {
    try (Provider provider = new Provider(PLAIN);
        RelayRig rig = new RelayRig(provider.url())) {
      String answer =
          rig.reload("relay.loops", "1", "store.batch-rows", "7", "limits.streams", "9");
      assertTrue(answer.contains("\"changed\":[\"limits.streams\"]"), answer);
      String loops =
          "{\"key\":\"relay.loops\",\"active\":\"2\",\"file\":\"1\",\"needs_restart\":true}";
      assertTrue(answer.contains(loops), answer);
      assertTrue(answer.contains("{\"key\":\"store.batch-rows\",\"active\":\"1000\""), answer);
      String shown = rig.admin("/config");
      assertTrue(shown.contains("\"relay.loops\":{\"value\":\"2\""), shown);
      assertTrue(shown.contains("\"differs\":[" + loops), shown);
      assertTrue(rig.admin("/concurrency").contains("\"max\":9"));
      String again = rig.reload();
      assertTrue(again.contains("\"result\":\"unchanged\""), again);
      assertTrue(again.contains(loops), again);
    }
  }

  @Test
  void limitsHoldForWhoComes() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(SSE).chunk("data: 1\n\n");
                  over.await();
                  answer.lastChunk();
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient first = rig.client();
        RawClient second = rig.client();
        RawClient idle = rig.client()) {
      RawClient.Answer head = first.get("/v1/a").head();
      rig.reload("limits.streams-per-address", "1", "limits.memory", "64MiB");
      assertEquals(429, second.get("/v1/b").answer().status());
      rig.awaitMetric("tailtap_memory_limit_bytes 6.7108864E7");
      rig.reload("limits.streams-per-address", "0", "limits.request-fields", "1");
      assertEquals(431, second.send("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n").answer().status());
      rig.reload("limits.client-idle", "200ms", "limits.request-fields", "100");
      assertTrue(idle.awaitClose(), "it waits longer than it may");
      over.countDown();
      assertTrue(first.rest(head).whole());
      rig.reload("limits.client-idle", "1h");
      try (RawClient third = rig.client()) {
        assertTrue(third.get("/v1/c").answer().whole());
        rig.reload("limits.connections", "1");
        try (RawClient fourth = rig.client()) {
          assertTrue(fourth.awaitClose(), "there is one already");
        }
        assertTrue(third.get("/v1/d").answer().whole());
      }
    }
  }

  @Test
  void theTokenOfTheAdminPortIsAskedForAtOnce() throws Exception {
    try (Provider provider = new Provider(PLAIN);
        RelayRig rig = new RelayRig(provider.url())) {
      rig.reload("admin.token", "first-secret");
      assertEquals(401, rig.adminAnswer("/config").statusCode());
      rig.set("admin.token", "second-secret", "upstream.test.header.X-Key", "third-secret");
      assertEquals(401, rig.reload("second-secret").statusCode());
      HttpResponse<String> answer = rig.reload("first-secret");
      assertEquals(200, answer.statusCode());
      assertEquals(401, rig.reload("first-secret").statusCode());
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + rig.relay().adminPort() + "/config"))
              .header("Authorization", "Bearer second-secret")
              .build();
      String shown =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
      for (String page : List.of(answer.body(), shown)) {
        assertFalse(page.contains("-secret"), page);
        assertTrue(page.contains("upstream.test.header.X-Key"), page);
      }
      assertTrue(shown.contains("\"admin.token\":{\"value\":\"***\""), shown);
    }
  }

  @Test
  void aRequestThatWaitsForItsPlaceKeepsTheSettingsItWasAdmittedWith() throws Exception {
    try (Provider provider = new Provider(PLAIN);
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.model.fast", "before")) {
      try (RawClient client = rig.client()) {
        String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n";
        client.send(head + "{\"model\"");
        rig.awaitMetric("tailtap_requests_total 1.0");
        rig.reload("upstream.test.model.fast", "after");
        client.send(":\"fast\"}");
        assertEquals(200, client.answer().status());
        assertEquals("{\"model\":\"before\"}", provider.take().text());
        client.post("/v1/chat/completions", "{\"model\":\"fast\"}").answer();
        assertEquals("{\"model\":\"after\"}", provider.take().text());
      }
    }
  }

  private static String get(RelayRig rig, String path) throws Exception {
    try (RawClient client = rig.client()) {
      return client.get(path).answer().text();
    }
  }

  private static String settings(String page) {
    return page.substring(page.indexOf("\"settings\""), page.indexOf("\"differs\""));
  }

  private static String since(String page) {
    return page.replaceAll("(?s).*\"since\":\"([^\"]+)\".*", "$1");
  }
}
