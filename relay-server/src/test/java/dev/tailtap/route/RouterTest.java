package dev.tailtap.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Weighted;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which route a host, a path and a model have, and where it leads. */
class RouterTest {
  @TempDir private Path dir;
  private final Map<String, Upstream> upstreams = new HashMap<>();

  @BeforeEach
  void open() throws Exception {
    Map<String, String> entries =
        Map.of(
            "upstream.a.url", "http://a.test",
            "upstream.b.url", "http://b.test",
            "upstream.b.key.x", "1",
            "upstream.b.key.y", "2",
            "route.r.path", "/",
            "route.r.upstream", "a");
    Path file = Files.createFile(dir.resolve("relay.properties"));
    RelayConfig config = ConfigFile.load(file, entries, Map.of(), List.of());
    Tls tls = new Tls(new Stats());
    config
        .upstreams()
        .forEach(
            (name, upstream) ->
                upstreams.put(name, new Upstream(upstream, tls, new UpstreamHealth())));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1, short",
    "/v1/chat, short",
    "/v1/messages, long",
    "/v1/messages/batches, long",
    "/v1/messages:count, long",
    "/v1/messagesx, short",
    "/v1beta, none",
    "/files/1, slash",
    "/files, none",
    "/v2/x, odd",
    "/V1, none",
    "/, none",
    "*, none",
    "'', none",
  })
  void theLongestPrefixOfWholeSegmentsWins(String path, String name) {
    assertEquals(name, name(paths(), null, path, null));
    assertEquals(name, name(paths(), "any.example", path, "any"), "whatever else is asked");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/%6dessages, long",
    "/v1/%256Dessages, long",
    "/v1//messages/x, long",
    "/v1\\messages, long",
    "/v1%2fmessages, long",
    "/v1/messages;a=b, long",
    "//v1/mes%73ages%2Fx, long",
    "/v1/%6Dessage, short",
    "/%76%31, short",
  })
  void noOtherWayToWriteAPathLeadsPastItsRoute(String written, String name) {
    String normal = dev.tailtap.http1.Target.normalPath(written);
    assertEquals(name, name(paths(), null, normal, null));
  }

  @ParameterizedTest
  @CsvSource({
    "api.example, host",
    "API.Example, host",
    "api.example:8080, host",
    "api.example:, host",
    "api.example., host",
    "api.example.:443, host",
    "api.example.., any",
    "api.example.org, any",
    "api.exampl, any",
    "xapi.example, any",
    "api.example@evil, any",
    "[::1], six",
    "[::1]:80, six",
    "[::1, any",
    "[::12], any",
    ":80, any",
    "'', any",
    ", any",
  })
  void aHostHasNoCaseAndNoPort(String authority, String name) {
    Router router =
        router(
            RouteConfigs.to("a", "any", "", "/v1/long/path"),
            RouteConfigs.to("a", "host", "api.example", "/"),
            RouteConfigs.to("a", "six", "[::1]", "/"));
    assertEquals(name, name(router, authority, "/v1/long/path", null));
  }

  @ParameterizedTest
  @CsvSource({
    "h, /v1/x, gpt-4o, hostGlob",
    "h, /v1/x, o3, hostAny",
    "h, /v1/x, , hostAny",
    "h, /v2, gpt-4o, exact",
    "h, /v2, , root",
    "i, /v1/x, gpt-4o, exact",
    "i, /v1/x, gpt-4o-mini, long",
    "i, /v1/x, gpt-4, deep",
    "i, /v2, gpt-4, wide",
    "i, /v1/x, GPT-4, deepest",
    "i, /v1/x, , deepest",
    "i, /v2, o1, root",
    "i, /v2, '', root",
  })
  void aHostComesFirstThenTheModelThenThePath(String host, String path, String model, String name) {
    Router router =
        router(
            RouteConfigs.to("a", "root", "", "/"),
            RouteConfigs.to("a", "deepest", "", "/v1/x"),
            RouteConfigs.to("a", "wide", "", "/", "x", "gpt-*"),
            RouteConfigs.to("a", "deep", "", "/v1", "gpt-*", "*gpt"),
            RouteConfigs.to("a", "long", "", "/", "gpt-4o*"),
            RouteConfigs.to("a", "exact", "", "/", "gpt-4o"),
            RouteConfigs.to("a", "hostAny", "h", "/v1"),
            RouteConfigs.to("a", "hostGlob", "h", "/v1", "g*"));
    assertEquals(name, name(router, host, path, model));
    assertTrue(router.match(host, path).needsModel());
  }

  @Test
  void aModelIsAskedForOnlyWhereItMatters() {
    Router router =
        router(
            RouteConfigs.to("a", "models", "", "/v1", "gpt-*"),
            RouteConfigs.to("a", "any", "", "/"),
            RouteConfigs.to("a", "host", "h", "/"));
    assertTrue(router.match("i", "/v1/chat").needsModel());
    assertFalse(router.match("i", "/v2").needsModel(), "no route for some models leads there");
    assertFalse(router.match("h", "/v1/chat").needsModel(), "its host has a route for all");
    assertSame(router.match("i", "/v2"), router.match("j", "/v3"), "which is not made anew");
  }

  @Test
  void whoNamesNoModelOrAnUnknownOneMayHaveNoRoute() {
    Match match = router(RouteConfigs.to("a", "r", "", "/", "gpt-*")).match(null, "/v1");
    assertNull(match.route(null));
    assertNull(match.route("o3"));
    assertNull(match.route(""));
    assertEquals("r", match.route("gpt-").name());
  }

  @Test
  void leadsToItsOneUpstreamOnce() {
    Route route = paths().match(null, "/v1/x").route(null);
    assertFalse(route.several());
    Upstream a = upstreams.get("a");
    assertEquals(List.of(Target.of(a, a.keys().get(0), 1, 0)), targets(route));
  }

  @Test
  void aTargetIsAnUpstreamWithOneOfItsKeys() {
    List<List<Weighted>> written =
        List.of(List.of(new Weighted("b", 3)), List.of(new Weighted("a", 2)));
    Upstream a = upstreams.get("a");
    Upstream b = upstreams.get("b");
    Route route = router(RouteConfigs.to(written, "r", "", "/")).match(null, "/").route(null);
    assertEquals(
        List.of(
            Target.of(b, b.keys().get(0), 3, 0),
            Target.of(b, b.keys().get(1), 3, 0),
            Target.of(a, a.keys().get(0), 2, 1)),
        targets(route));
    assertTrue(route.several());
  }

  @Test
  void severalKeysOfOneUpstreamAreSeveralTargets() {
    Route route = router(RouteConfigs.to("b", "r", "", "/")).match(null, "/").route(null);
    assertTrue(route.several());
    assertEquals(2, route.size());
  }

  private static List<Target> targets(Route route) {
    return IntStream.range(0, route.size()).mapToObj(route::target).toList();
  }

  private Router paths() {
    return router(
        RouteConfigs.to("a", "short", "", "/v1"),
        RouteConfigs.to("a", "slash", "", "/files/"),
        RouteConfigs.to("a", "long", "", "/v1/messages"),
        RouteConfigs.to("a", "odd", "", "/%76%32"));
  }

  private Router router(RouteConfig... routes) {
    return new Router(List.of(routes), upstreams);
  }

  private static String name(Router router, String authority, String path, String model) {
    Match match = router.match(authority, path);
    Route route = match == null ? null : match.route(model);
    return route == null ? "none" : route.name();
  }
}
