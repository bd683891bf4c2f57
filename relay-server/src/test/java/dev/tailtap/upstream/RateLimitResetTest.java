package dev.tailtap.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each vendor sends with a 429, and how long it means. */
class RateLimitResetTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  /** Headers stand between bars; the wait is empty where nothing is said. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "whole seconds; Retry-After: 20; PT20S",
        "decimals; Retry-After: 0.5; PT0.5S",
        "date; Retry-After: Sun, 01 Mar 2026 12:00:30 GMT; PT30S",
        "date of RFC 850; Retry-After: Sunday, 01-Mar-26 12:00:30 GMT; PT30S",
        "date that is past; Retry-After: Sun, 01 Mar 2026 11:59:30 GMT;",
        "zero says nothing; Retry-After: 0;",
        "zero, and a bucket; Retry-After: 0 | x-ratelimit-remaining: 0 | x-ratelimit-reset: 9; PT9S",
        "milliseconds before seconds; retry-after: 1 | retry-after-ms: 250; PT0.25S",
        "said outright before any bucket; retry-after: 2 | x-ratelimit-remaining-tokens: 0"
            + " | x-ratelimit-reset-tokens: 6m0s; PT2S",
        "weekly quota; retry-after: 287441; PT24H",
        "OpenAI tokens; x-ratelimit-remaining-requests: 59 | x-ratelimit-reset-requests: 1s"
            + " | x-ratelimit-remaining-tokens: 0 | x-ratelimit-reset-tokens: 6m0s; PT6M",
        "OpenAI both, the latest; x-ratelimit-remaining-requests: 0 | x-ratelimit-reset-requests: 6ms"
            + " | x-ratelimit-remaining-tokens: 0 | x-ratelimit-reset-tokens: 1m12.5s; PT1M12.5S",
        "OpenAI, something left; x-ratelimit-remaining-requests: 3 | x-ratelimit-reset-requests: 1s"
            + " | x-ratelimit-remaining-tokens: 120 | x-ratelimit-reset-tokens: 30s;",
        "OpenAI project; x-ratelimit-remaining-project-tokens: 0"
            + " | x-ratelimit-reset-project-tokens: 1h0m2s; PT1H2S",
        "Groq; retry-after: 2 | x-ratelimit-remaining-requests: 14370"
            + " | x-ratelimit-reset-requests: 2m59.56s | x-ratelimit-remaining-tokens: 0"
            + " | x-ratelimit-reset-tokens: 7.66s; PT2S",
        "Groq without; x-ratelimit-remaining-requests: 0 | x-ratelimit-reset-requests: 2m59.56s"
            + " | x-ratelimit-remaining-tokens: 17997 | x-ratelimit-reset-tokens: 7.66s; PT2M59.56S",
        "Cerebras; x-ratelimit-remaining-requests-day: 0"
            + " | x-ratelimit-reset-requests-day: 33011.382867"
            + " | x-ratelimit-remaining-tokens-minute: 0 | x-ratelimit-reset-tokens-minute: 11.38;"
            + " PT9H10M11.382867S",
        "SambaNova; x-ratelimit-remaining-requests-day: 0 | x-ratelimit-reset-requests-day: 4h17m;"
            + " PT4H17M",
        "Azure; x-ratelimit-remaining-requests: 79 | x-rate-limit-reset-tokens: 55; PT55S",
        "Azure with its bucket; x-ratelimit-remaining-tokens: 0 | x-ratelimit-remaining-requests: 1"
            + " | x-rate-limit-reset-tokens: 55; PT55S",
        "Azure unlimited; x-ratelimit-limit-tokens: -1 | x-ratelimit-remaining-tokens: -1"
            + " | x-ratelimit-reset-tokens: 0;",
        "OpenRouter; X-RateLimit-Limit: 50 | X-RateLimit-Remaining: 0"
            + " | X-RateLimit-Reset: 1772366700000; PT5M",
        "seconds since 1970; X-RateLimit-Remaining: 0 | X-RateLimit-Reset: 1772366490; PT1M30S",
        "seconds to go; X-RateLimit-Remaining: 0 | X-RateLimit-Reset: 90; PT1M30S",
        "Mistral; ratelimitbysize-remaining: 0 | ratelimitbysize-reset: 28; PT28S",
        "Mistral with some left; ratelimitbysize-remaining: 499900 | ratelimitbysize-reset: 28;",
        "Mistral, minutes; x-ratelimit-remaining-req-minute: 0 | x-ratelimit-reset-req-minute: 12;"
            + " PT12S",
        "Anthropic; anthropic-ratelimit-requests-remaining: 49"
            + " | anthropic-ratelimit-requests-reset: 2026-03-01T12:00:01Z"
            + " | anthropic-ratelimit-input-tokens-remaining: 0"
            + " | anthropic-ratelimit-input-tokens-reset: 2026-03-01T12:00:41Z"
            + " | anthropic-ratelimit-output-tokens-remaining: 0"
            + " | anthropic-ratelimit-output-tokens-reset: 2026-03-01T12:00:17Z; PT41S",
        "Anthropic priority; anthropic-priority-input-tokens-remaining: 0"
            + " | anthropic-priority-input-tokens-reset: 2026-03-01T13:00:00+00:00; PT1H",
        "Anthropic subscription; anthropic-ratelimit-unified-status: rejected"
            + " | anthropic-ratelimit-unified-reset: 1772368200"
            + " | anthropic-ratelimit-unified-5h-status: rejected"
            + " | anthropic-ratelimit-unified-5h-reset: 1772368200"
            + " | anthropic-ratelimit-unified-7d-status: allowed"
            + " | anthropic-ratelimit-unified-7d-reset: 1772600000; PT30M",
        "an older draft; RateLimit-Remaining: 0 | RateLimit-Reset: 50; PT50S",
        "a name of no bucket; x-reset-count: 5;",
        "no number; Retry-After: soon | x-ratelimit-remaining: 0 | x-ratelimit-reset: later;",
        "negative; Retry-After: -5;",
        "beyond all numbers; Retry-After: 999999999999999999999999999999;",
        "not a number; Retry-After: NaN;",
        "nothing;;",
      })
  void readsTheHeadersOfEachVendor(String vendor, String headers, Duration wait) {
    assertEquals(nanos(wait), RateLimitReset.nanos(headers(headers), null, NOW.toEpochMilli()));
  }

  @Test
  void readsTheDraftOfTheIetf() {
    assertEquals(12 * SECOND, said("RateLimit: \"requests\";r=3;t=1, \"tokens\";r=0;t=12"));
    assertEquals(12 * SECOND, said("RateLimit: a;r=0;t=12, b;t=50;r=0;t=2 | RateLimit: c;r=0;t=3"));
    assertEquals(-1, said("RateLimit: \"tokens\";r=1;t=12"));
    assertEquals(-1, said("RateLimit: ;;r=0;,r=;t=x"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "Gemini; {\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":["
            + "{\"@type\":\"type.googleapis.com/google.rpc.Help\",\"links\":[]},"
            + "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34.5s\"}]}}; PT34.5S",
        "Gemini, a list; [{\"error\":{\"details\":[{\"retryDelay\":\"7s\"}]}}]; PT7S",
        "Gemini, a day; {\"error\":{\"details\":[{\"retryDelay\":\"90000s\"}]}}; PT24H",
        "Vertex says nothing; {\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}};",
        "OpenAI without credit; {\"error\":{\"message\":\"m\",\"type\":\"insufficient_quota\",\"param\":null,"
            + "\"code\":\"insufficient_quota\"}}; PT1H",
        "OpenRouter without credit; {\"error\":{\"message\":\"m\",\"code\":402}}; PT1H",
        "OpenRouter; {\"error\":{\"code\":429,\"metadata\":{\"headers\":{\"X-RateLimit-Limit\":\"50\","
            + "\"X-RateLimit-Remaining\":\"0\",\"X-RateLimit-Reset\":\"1772366700000\"}}}}; PT5M",
        "OpenAI subscription; {\"error\":{\"type\":\"usage_limit_reached\",\"resets_in_seconds\":600}}; PT10M",
        "OpenAI subscription, date; {\"error\":{\"resets_at\":1772366460}}; PT1M",
        "cut; {\"error\":{\"details\":[{\"retryDelay\":\"7s\"},{\"lin; PT7S",
        "cut in the middle of it; {\"error\":{\"details\":[{\"retryDelay\":\"7;",
        "no JSON; <html>429</html>;",
        "a wrong type; {\"retryDelay\":{\"seconds\":7},\"code\":[402]};",
        "empty;;",
      })
  void readsTheBodyOfEachVendor(String vendor, String body, Duration wait) {
    ByteBuf bytes = Unpooled.copiedBuffer(body == null ? "" : body, UTF_8);
    int before = bytes.readableBytes();
    assertEquals(nanos(wait), RateLimitReset.nanos(headers(null), bytes, NOW.toEpochMilli()));
    assertEquals(before, bytes.readableBytes());
  }

  @Test
  void whatTheHeadersSayComesBeforeTheBodyUnlessThereIsNoCredit() {
    ByteBuf delay = Unpooled.copiedBuffer("{\"retryDelay\":\"7s\"}", UTF_8);
    ByteBuf noCredit = Unpooled.copiedBuffer("{\"code\":\"insufficient_quota\"}", UTF_8);
    HttpHeaders headers = headers("Retry-After: 1");
    assertEquals(
        Duration.ofSeconds(1).toNanos(), RateLimitReset.nanos(headers, delay, NOW.toEpochMilli()));
    assertEquals(
        RateLimitReset.NO_CREDIT_NANOS,
        RateLimitReset.nanos(headers, noCredit, NOW.toEpochMilli()));
  }

  @Test
  void readsNoMoreThan64KibOfABody() {
    String far = " ".repeat(64 << 10) + "{\"retryDelay\":\"7s\"}";
    ByteBuf bytes = Unpooled.copiedBuffer(far, UTF_8);
    assertEquals(-1, RateLimitReset.nanos(headers(null), bytes, NOW.toEpochMilli()));
    ByteBuf nested = Unpooled.copiedBuffer("[{\"a\":".repeat(8_000), UTF_8);
    assertEquals(-1, RateLimitReset.nanos(headers(null), nested, NOW.toEpochMilli()));
  }

  private static long said(String headers) {
    return RateLimitReset.nanos(headers(headers), null, NOW.toEpochMilli());
  }

  private static long nanos(Duration wait) {
    return wait == null ? -1 : wait.toNanos();
  }

  private static HttpHeaders headers(String text) {
    HttpHeaders headers = new DefaultHttpHeaders();
    if (text != null) {
      for (String line : text.split("\\|", -1)) {
        int colon = line.indexOf(':');
        headers.add(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    return headers;
  }
}
