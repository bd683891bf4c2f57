package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.admin.UpstreamStates;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import dev.tailtap.upstream.UpstreamKey;
import dev.tailtap.usage.Dialect;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shown of upstreams, by a clock that is driven by hand. */
class UpstreamWatchTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private final Map<String, Upstream> upstreams = new LinkedHashMap<>();
  private long now = 7;
  private UpstreamWatch watch;

  @BeforeEach
  void watch() throws Exception {
    Map<String, String> settings =
        Map.of(
            "upstream.pool.url", "http://a.test",
            "upstream.pool.key.one", "k-1",
            "upstream.pool.key.two", "k-2",
            "upstream.bare.url", "http://b.test",
            "route.r.path", "/",
            "route.r.upstreams", "pool bare");
    Path file = Files.createFile(dir.resolve("relay.properties"));
    RelayConfig config = ConfigFile.load(file, settings, Map.of(), Dialect.configNames());
    for (String name : List.of("pool", "bare")) {
      UpstreamHealth health = new UpstreamHealth(() -> now, () -> 0.5);
      upstreams.put(name, new Upstream(config.upstreams().get(name), new Tls(stats), health));
    }
    watch =
        new UpstreamWatch(upstreams::values, String::length, () -> now, InstantSource.fixed(NOON));
    watch.expose(stats);
  }

  @Test
  void allIsWellAtFirst() {
    UpstreamStates.Standing ok = new UpstreamStates.Standing("ok", null, null);
    UpstreamStates states = watch.states();
    assertEquals(
        List.of("pool", "bare"),
        states.upstreams().stream().map(UpstreamStates.Upstream::name).toList());
    for (UpstreamStates.Upstream upstream : states.upstreams()) {
      assertEquals(ok, upstream.standing());
      assertEquals(4, upstream.streams());
      upstream.keys().forEach(key -> assertEquals(ok, key.standing()));
    }
    assertNull(states.upstreams().get(1).keys().get(0).label());
  }

  @Test
  void anUpstreamIsParkedWhereAllItsKeysAreUntilTheFirstIsBack() throws Exception {
    park("pool", "one", 60);
    assertEquals("ok", watch.states().upstreams().get(0).standing().state());
    park("pool", "two", 30);
    park("bare", null, 10);
    UpstreamStates.Upstream pool = watch.states().upstreams().get(0);
    assertEquals(
        new UpstreamStates.Standing("parked", "429", NOON.plusSeconds(30)), pool.standing());
    assertEquals("parked", watch.states().upstreams().get(1).standing().state());
    String page = metrics();
    for (String line :
        List.of(
            "tailtap_upstream_state{key=\"\",state=\"parked\",upstream=\"pool\"} 1.0",
            "tailtap_upstream_state{key=\"\",state=\"ok\",upstream=\"pool\"} 0.0",
            "tailtap_upstream_state{key=\"one\",state=\"parked\",upstream=\"pool\"} 1.0",
            "tailtap_upstream_state{key=\"\",state=\"parked\",upstream=\"bare\"} 1.0",
            "tailtap_upstream_until_seconds{key=\"one\",upstream=\"pool\"} 60.0",
            "tailtap_upstream_until_seconds{key=\"\",upstream=\"pool\"} 30.0")) {
      assertTrue(page.contains(line + "\n"), page);
    }
  }

  @Test
  void whatIsOutSaysSoWhateverItsKeys() throws Exception {
    for (int i = 0; i < 5; i++) {
      upstreams.get("pool").health().availability().failed(false);
    }
    park("pool", "one", 60);
    park("pool", "two", 60);
    assertEquals(
        new UpstreamStates.Standing("out", "failures", NOON.plusSeconds(10)),
        watch.states().upstreams().get(0).standing());
    now += 12 * SECOND;
    assertEquals(NOON.minusSeconds(2), watch.states().upstreams().get(0).standing().until());
    assertTrue(
        metrics().contains("tailtap_upstream_until_seconds{key=\"\",upstream=\"pool\"} 0.0\n"));
  }

  @Test
  void anUpstreamThatIsConfiguredNoMoreLeavesTheMetrics() throws Exception {
    upstreams.remove("pool");
    String page = metrics();
    assertTrue(page.contains("upstream=\"bare\""), page);
    assertTrue(!page.contains("upstream=\"pool\""), page);
  }

  private void park(String upstream, String label, long seconds) {
    for (UpstreamKey key : upstreams.get(upstream).keys()) {
      if (Objects.equals(key.label(), label)) {
        key.availability().park(false, now + seconds * SECOND, "429");
      }
    }
  }

  private String metrics() throws Exception {
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(page, stats.scrape());
    return page.toString(StandardCharsets.UTF_8);
  }
}
