package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A route to one path at one provider, and a longer one to a part of it at another. */
class RouteFenceTest {
  private static final String STREAM = "{\"model\":\"m\",\"stream\":true}";

  private static Provider outer;
  private static Provider inner;
  private static RelayRig rig;

  @BeforeAll
  static void start() throws Exception {
    outer = new Provider((request, answer) -> answer.whole(200, "text/plain", "outer"));
    inner = new Provider((request, answer) -> answer.whole(200, "text/plain", "inner"));
    rig =
        new RelayRig(
            outer.url(),
            "route.test.path",
            "/v1",
            "upstream.inner.url",
            inner.url() + "/base",
            "route.inner.path",
            "/v1/messages",
            "route.inner.upstream",
            "inner",
            "route.hosted.path",
            "/v1",
            "route.hosted.host",
            "Hosted.example",
            "route.hosted.upstream",
            "inner",
            "upstream.test.header.X-Key",
            "of-the-operator");
  }

  @AfterAll
  static void stop() throws Exception {
    rig.close();
    outer.close();
    inner.close();
  }

  @Test
  @Rule(
      value = "No spelling of a path leads past the route that is meant for it.",
      source = "RFC 3986 section 6.2.2")
  void noSpellingLeadsPastTheLongerRoute() throws Exception {
    for (String path :
        new String[] {
          "//v1/messages",
          "/v1//messages",
          "/v1/%6dessages",
          "/v1/%256dessages",
          "/v1/messages;x",
          "/v1%2fmessages",
          "/v1\\messages",
          "/v1/messages%3fa",
          "/v1/messages/batches?key=%2e%2e/..",
        }) {
      assertEquals("inner", get(path), path);
      assertEquals("GET /base" + path + " HTTP/1.1", inner.take().line(), "byte for byte");
    }
    assertEquals("inner", get("http://relay//v1/messages"));
    assertEquals("GET /base//v1/messages HTTP/1.1", inner.take().line());
  }

  @Test
  @Rule(
      value = "What would leave a route behind it is a 400 and reaches no provider.",
      source = "RFC 3986 section 6.2.2.3")
  void noDotSegmentReachesAProvider() throws Exception {
    for (String path :
        new String[] {
          "/v1/..%2fadmin",
          "/v1/..;/admin",
          "/v1/..;a=b/admin",
          "/v1/..\\admin",
          "/v1/..%5cadmin",
          "/v1/%252e%252e/admin",
          "/v1/%25252e%25252e/admin",
          "/v1/%2525252e/admin",
          "/v1/%c0%ae%c0%ae/admin",
          "/v1/%e0%80%ae%e0%80%ae/admin",
          "/v1/..%c0%afadmin",
          "/v1/x%0d%0aX-Key:y",
          "http://relay/v1/..%2fadmin",
          "/v1/messages/..%2f..%2fadmin",
        }) {
      try (RawClient client = rig.client()) {
        String head = "GET " + path + " HTTP/1.1\r\nHost: relay\r\n\r\n";
        assertEquals(400, client.send(head).answer().status(), path);
      }
    }
    assertFalse(outer.hasRequest() || inner.hasRequest());
  }

  @Test
  @Rule(value = "A name with an escaped slash goes on as it came.", source = "RFC 3986 section 2.4")
  void aModelMayHaveASlashInItsName() throws Exception {
    assertEquals("outer", get("/v1/models/org%2Fname"));
    assertEquals("GET /v1/models/org%2Fname HTTP/1.1", outer.take().line());
  }

  @Test
  void noSpellingOfAPathSwitchesMeteringOff() throws Exception {
    for (String path : new String[] {"/v1//chat/completions", "/v1/chat/completion%73;x"}) {
      try (RawClient client = rig.client()) {
        assertEquals("outer", client.post(path, STREAM).answer().text());
      }
      assertTrue(outer.take().text().contains("include_usage"), path);
    }
  }

  @Test
  @Rule(
      value = "A host is the same in any case and with any port.",
      source = "RFC 3986 section 3.2.2")
  void aHostHasItsOwnRoutes() throws Exception {
    for (String host : new String[] {"hosted.example", "HOSTED.EXAMPLE:80", "hosted.example.:1"}) {
      assertEquals("inner", get("/v1/models", host), host);
      assertEquals("inner", get("http://" + host + "/v1/models", host), host);
      inner.take();
      inner.take();
    }
    for (String host : new String[] {"example", "xhosted.example", "hosted.example.org"}) {
      assertEquals("outer", get("/v1/models", host), host);
      outer.take();
    }
  }

  private static String get(String target) throws Exception {
    return get(target, "relay");
  }

  private static String get(String target, String host) throws Exception {
    try (RawClient client = rig.client()) {
      String head = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
      return client.send(head).answer().text();
    }
  }
}
