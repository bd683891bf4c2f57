package dev.tailtap.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which route a path has, and where it leads. */
class RouterTest {
  @TempDir private Path dir;
  private Upstream upstream;
  private Router router;

  @BeforeEach
  void open() throws Exception {
    Map<String, String> entries =
        Map.of("upstream.a.url", "http://a.test", "route.r.path", "/", "route.r.upstream", "a");
    Path file = Files.createFile(dir.resolve("relay.properties"));
    RelayConfig config = ConfigFile.load(file, entries, Map.of(), List.of());
    upstream =
        new Upstream(config.upstreams().get("a"), new Tls(new Stats()), new UpstreamHealth());
    router =
        new Router(
            List.of(
                new RouteConfig("short", "/v1", "a"),
                new RouteConfig("slash", "/files/", "a"),
                new RouteConfig("long", "/v1/messages", "a"),
                new RouteConfig("odd", "/%76%32", "a")),
            Map.of("a", upstream));
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
    "/, none",
  })
  void theLongestPrefixOfWholeSegmentsWins(String path, String name) {
    Route route = router.route(path);
    assertEquals(name, route == null ? "none" : route.name());
  }

  @Test
  void leadsToItsOneUpstreamOnce() {
    Iterator<Upstream> candidates = router.route("/v1/x").candidates();
    assertSame(upstream, candidates.next());
    assertFalse(candidates.hasNext());
  }
}
