package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.config.LimitConfig.Mode;
import dev.tailtap.config.LimitConfig.Period;
import dev.tailtap.config.LimitConfig.Reserve;
import dev.tailtap.config.LimitConfig.Unit;
import dev.tailtap.config.QuotaConfig;
import dev.tailtap.config.RedisAddress;
import dev.tailtap.config.SharedConfig;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limits that are set by name, as a file says them. */
class LimitSettingsTest {
  private static QuotaConfig read(String... settings) throws ConfigException {
    Map<String, String> all = new HashMap<>();
    all.put("upstream.one.url", "https://one.example");
    all.put("route.all.path", "/");
    all.put("route.all.upstream", "one");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return ConfigFile.of(all, List.of()).quota();
  }

  @Test
  void everySettingOfALimitIsRead() throws Exception {
    QuotaConfig quota =
        read(
            "limit.acme.match", "tenant:acme* tenant:beta model:gpt-*",
            "limit.acme.per", "tenant,model",
            "limit.acme.requests", "600/m",
            "limit.acme.requests-burst", "7",
            "limit.acme.tokens", "2.5M/h",
            "limit.acme.tokens-burst", "20k",
            "limit.acme.unit", "output",
            "limit.acme.streams", "50",
            "limit.acme.on-budget", "warn",
            "limit.acme.mode", "warn",
            "limit.acme.reserve", "max-tokens",
            "limit.acme.max-debt", "5",
            "limit.b.budget", "12.5 EUR/week",
            "limits.relays", "3",
            "limits.shared", "rediss://u:p%40ss@redis.test:6400/2",
            "limits.shared-timeout", "35ms",
            "limits.shared-away", "closed",
            "limits.headers", "draft",
            "limits.buckets", "500",
            "budget.zone", "Europe/Berlin",
            "budget.refresh", "3s",
            "budget.store-away", "refuse");
    assertEquals(
        new LimitConfig(
            "acme",
            new LimitConfig.Match(
                false,
                Map.of(Facet.TENANT, List.of("acme*", "beta"), Facet.MODEL, List.of("gpt-*"))),
            Set.of(Facet.TENANT, Facet.MODEL),
            new LimitConfig.Rate(new BigDecimal("6E+2"), Duration.ofMinutes(1)),
            7,
            new LimitConfig.Rate(new BigDecimal("2.5E+6"), Duration.ofHours(1)),
            20_000,
            Unit.OUTPUT,
            50,
            null,
            Mode.WARN,
            Mode.WARN,
            Reserve.MAX_TOKENS,
            5),
        quota.limits().get("acme"));
    assertEquals(
        new LimitConfig.Budget(new BigDecimal("12.5"), "EUR", Period.WEEK),
        quota.limits().get("b").budget());
    assertEquals(3, quota.relays());
    RedisAddress server = new RedisAddress(true, "redis.test", 6400, "u", "p@ss", 2);
    assertEquals(
        new SharedConfig(server, null, Duration.ofMillis(35), SharedConfig.Away.CLOSED),
        quota.shared());
    assertEquals(QuotaConfig.Headers.DRAFT, quota.headers());
    assertEquals(500, quota.buckets());
    assertEquals(ZoneId.of("Europe/Berlin"), quota.zone());
    assertEquals(Duration.ofSeconds(3), quota.refresh());
    assertEquals(QuotaConfig.StoreAway.REFUSE, quota.storeAway());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "limit.a.requests | 600 | limit.a.requests=600: must be empty, or an amount and a time",
        "limit.a.requests | 0/m | limit.a.requests=0/m: must be",
        "limit.a.tokens | -1/m | limit.a.tokens=-1/m: must be",
        "limit.a.budget | 5 tokens | limit.a.budget=5 tokens: must be empty, or as in",
        "limit.a.budget | 1.5 tokens/day | limit.a.budget=1.5 tokens/day: must be",
        "limit.a.budget | 5 dollars/day | limit.a.budget=5 dollars/day: must be",
        "limit.a.match | acme | limit.a.match=acme: must be empty, named, or some of",
        "limit.a.match | team:x | limit.a.match=team:x: must be",
        "limit.a.match | route:al | limit.a.match: al must be one of the routes, all; did you mean",
        "limit.a.match | upstream:two | limit.a.match: two must be one of the upstreams, one",
        "limit.a.per | team | limit.a.per=team: must be all, or some of",
        "limit.a.streems | 5 | limit.a.streems: is no setting; did you mean limit.a.streams?",
        "budget.zone | Moon/Base | budget.zone=Moon/Base: must be the name of a zone",
        "limit.A_.streams | 5 | limit.A_.streams: a name consists of a-z, 0-9 and -"
      })
  void aMistakeIsTold(String key, String value, String told) {
    ConfigException failure =
        assertThrows(ConfigException.class, () -> read("limit.a.streams", "5", key, value));
    assertTrue(
        failure.errors().stream().anyMatch(error -> error.startsWith(told)),
        failure.errors().toString());
  }

  @Test
  void whatCouldNeverBiteIsAMistakeAndAllAreToldAtOnce() {
    ConfigException failure =
        assertThrows(
            ConfigException.class,
            () ->
                read(
                    "limit.a.per", "tenant",
                    "limit.b.budget", "5 USD/day",
                    "limit.b.per", "key,model",
                    "limit.c.budget", "5 USD/day",
                    "limit.c.match", "named",
                    "limit.d.streams", "5",
                    "limit.d.requests-burst", "5",
                    "limit.d.tokens-burst", "5"));
    assertEquals(
        Set.of(
            "limit.a: limits nothing; set requests, tokens, streams or budget",
            "limit.b.budget: is summed by tenant and upstream, not by key or model; give a key a"
                + " tenant of its own, or set the budget in another limit",
            "limit.c.budget: needs limit.c.per=tenant beside match=named, for the sums know no"
                + " keys",
            "limit.d.requests-burst: is of no use without requests",
            "limit.d.tokens-burst: is of no use without tokens"),
        Set.copyOf(failure.errors()));
  }

  @Test
  void whereLimitsAreSharedIsNoSecretInAMessageAndTrustNeedsTls() {
    String password = "redis://u:s3cret@host:70000";
    ConfigException wrong =
        assertThrows(ConfigException.class, () -> read("limits.shared", password));
    assertTrue(wrong.getMessage().contains("limits.shared: must be empty, or redis://"));
    assertFalse(wrong.getMessage().contains("s3cret"));
    ConfigException plain =
        assertThrows(
            ConfigException.class,
            () -> read("limits.shared", "redis://host", "limits.shared-trust", "/none.pem"));
    assertTrue(plain.getMessage().contains("limits.shared-trust=/none.pem: is of no use"));
  }
}
