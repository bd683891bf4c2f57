package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.Balance;
import dev.tailtap.config.RouteConfig.Commit;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.config.RouteConfig.Sticky;
import dev.tailtap.config.RouteConfig.Weighted;
import dev.tailtap.config.UpstreamConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes with several upstreams, pools of keys, aliases: what is read, and what is warned of. */
class RoutingSettingsTest {
  private static final String WORKING =
      """
      upstream.a.url=https://a.example
      upstream.b.url=https://b.example
      upstream.c.url=https://c.example
      route.r.path=/v1/chat/completions
      """;

  @TempDir private Path dir;

  @Test
  void whatIsNotSetIsSafe() throws Exception {
    RouteConfig route = route("route.r.upstream=a\n");
    assertEquals(List.of(List.of(new Weighted("a", 1))), route.upstreams());
    assertEquals("", route.host() + route.strip());
    assertEquals(List.of(), route.models());
    assertEquals(Balance.LEAST_PENDING, route.balance());
    assertEquals(List.of(), route.sticky());
    assertEquals(3, route.tries());
    assertEquals(
        EnumSet.of(
            RetryOn.UNSENT, RetryOn.TOO_MANY_REQUESTS, RetryOn.UNAVAILABLE, RetryOn.OVERLOADED),
        route.retryOn());
    assertEquals(Duration.ofSeconds(10), route.retryWithin());
    assertEquals(1 << 20, route.retryBody());
    assertEquals(Commit.HEAD, route.commit());
    RelayConfig config = load(WORKING + "route.r.upstream=a\n");
    assertEquals(128 << 20, config.limits().replayMemory());
    assertEquals(20, config.limits().retryBudget());
    UpstreamConfig upstream = config.upstreams().get("a");
    assertEquals(Map.of(), upstream.keys());
    assertEquals(UpstreamConfig.KeyOrder.FILL_FIRST, upstream.keyOrder());
    assertEquals(UpstreamConfig.Auth.AUTO, upstream.auth());
    assertEquals(Duration.ZERO, upstream.firstEventTimeout());
  }

  @Test
  void upstreamsHaveWeightsAndPriorities() throws Exception {
    List<List<Weighted>> expected =
        List.of(
            List.of(new Weighted("a", 3), new Weighted("b", 1)), List.of(new Weighted("c", 1000)));
    for (String written : List.of("a*3 b | c*1000", "a*3,b|c*1000", "  a*3 , b*1 |\tc*1000 ")) {
      assertEquals(expected, route("route.r.upstreams=" + written + "\n").upstreams(), written);
    }
  }

  @Test
  void everySettingOfARouteIsRead() throws Exception {
    RouteConfig route =
        route(
            """
            route.r.host=API.Example.com
            route.r.models=gpt-4o**, o3\tclaude-*-4**
            route.r.upstreams=a b
            route.r.balance=sticky
            route.r.sticky=header:X-Session-Id, key
            route.r.strip=/v1
            route.r.tries=16
            route.r.retry-on=500 reset,first-event
            route.r.retry-within=1m
            route.r.retry-body=0
            route.r.commit=event
            """);
    assertEquals("api.example.com", route.host());
    assertEquals(List.of("gpt-4o*", "o3", "claude-*-4*"), route.models());
    assertEquals(List.of(new Sticky("x-session-id"), new Sticky(null)), route.sticky());
    assertEquals("/v1", route.strip());
    assertEquals(16, route.tries());
    assertEquals(
        EnumSet.of(RetryOn.SERVER_ERROR, RetryOn.RESET, RetryOn.FIRST_EVENT), route.retryOn());
    assertEquals(0, route.retryBody());
    assertEquals(Commit.EVENT, route.commit());
  }

  @Test
  void nothingNeedBeTriedAgain() throws Exception {
    assertEquals(Set.of(), route("route.r.upstream=a\nroute.r.retry-on=none\n").retryOn());
  }

  @Test
  void everyWordForAnotherTryIsItsStatusOrNone() {
    for (RetryOn what : RetryOn.values()) {
      if (what.word().matches("\\d+")) {
        assertEquals(what, RetryOn.ofStatus(Integer.parseInt(what.word())));
      }
    }
    for (int status : new int[] {0, 200, 400, 405, 413, 422, 501, 505, 600}) {
      assertNull(RetryOn.ofStatus(status));
    }
  }

  @Test
  void anAliasMayHaveDotsSlashesAndColons() throws Exception {
    RelayConfig config =
        load(
            WORKING
                + "route.r.upstream=a\n"
                + "upstream.a.model.fast=gpt-4o-mini\n"
                + "upstream.a.model.openai/gpt-4.1=gpt-4.1\n"
                + "upstream.a.model.llama3\\:8b=meta/llama:3\n");
    Map<String, String> expected =
        Map.of("fast", "gpt-4o-mini", "openai/gpt-4.1", "gpt-4.1", "llama3:8b", "meta/llama:3");
    assertEquals(expected, config.upstreams().get("a").aliases());
  }

  @Test
  void keysKeepTheirOrder() throws Exception {
    String keys = "upstream.a.key.z_1=k1\nupstream.a.key.a.b=k2\nupstream.a.key.M-3=k3\n";
    RelayConfig config = load(WORKING + "route.r.upstream=a\n" + keys);
    assertEquals(
        List.of("z_1", "a.b", "M-3"), List.copyOf(config.upstreams().get("a").keys().keySet()));
  }

  @ParameterizedTest
  @CsvSource({
    "/, true",
    "/v1, true",
    "/v1/files, true",
    "/v1/responses/x, true",
    "/v1beta, true",
    "/v1/messages, true",
    "/v1/chat/completions, false",
    "/v1/filesystem, false",
    "/v1beta/models, false",
    "/azure, true",
    "/azure/v1/files, true",
    "/azure/v1/chat, false",
  })
  void aRouteToSeveralThatLeadsToWhatOneKeepsIsWarnedOfOnce(String path, boolean warned)
      throws Exception {
    String route =
        WORKING.replace("/v1/chat/completions", path)
            + "route.r.upstreams=a b\nroute.r.strip="
            + (path.startsWith("/azure") ? "/azure\n" : "\n");
    List<String> warnings = ConfigFile.warnings(load(route), Instant.now());
    assertEquals(warned ? 1 : 0, warnings.size(), warnings::toString);
    String sticky = route + "route.r.balance=sticky\nroute.r.sticky=key\n";
    assertEquals(List.of(), ConfigFile.warnings(load(sticky), Instant.now()));
  }

  @Test
  void theWarningSaysWhatIsKeptAndWhatHelps() throws Exception {
    String route = WORKING.replace("/chat/completions", "/messages");
    String keys = "route.r.upstream=a\nupstream.a.key.x=1\nupstream.a.key.y=2\n";
    assertEquals(
        List.of(
            "route.r.upstream: what one provider or account keeps (below /v1/messages/batches)"
                + " the others do not know; route.r.balance=sticky keeps a caller at one"),
        ConfigFile.warnings(load(route + keys), Instant.now()));
    String one = "route.r.upstream=a\nupstream.a.key.x=1\n";
    assertEquals(List.of(), ConfigFile.warnings(load(route + one), Instant.now()));
  }

  @Test
  void whatIsOfNoUseIsWarnedOf() throws Exception {
    String useless =
        """
        route.r.upstreams=a b
        route.r.strip=/azure
        route.r.retry-on=first-event,error-event,429
        upstream.a.first-event-timeout=5s
        upstream.c.first-event-timeout=5s
        """;
    assertEquals(
        List.of(
            "route.r.retry-on: first-event is of no use without route.NAME.commit=event",
            "route.r.retry-on: error-event is of no use without route.NAME.commit=event",
            "route.r.strip: /azure leads no path below /v1/chat/completions",
            "upstream.a.first-event-timeout: is of no use, as no route to it has"
                + " route.NAME.commit=event",
            "upstream.c.first-event-timeout: is of no use, as no route to it has"
                + " route.NAME.commit=event"),
        ConfigFile.warnings(load(WORKING + useless), Instant.now()));
    List<String> fewer =
        ConfigFile.warnings(load(WORKING + useless + "route.r.commit=event\n"), Instant.now());
    assertEquals(2, fewer.size(), fewer::toString);
    assertTrue(fewer.get(1).startsWith("upstream.c."), fewer::toString);
  }

  private RouteConfig route(String text) throws Exception {
    return load(WORKING + text).routes().get(0);
  }

  private RelayConfig load(String text) throws Exception {
    Path file = Files.writeString(dir.resolve("relay.properties"), text);
    return ConfigFile.load(file, Map.of(), Map.of(), List.of());
  }
}
