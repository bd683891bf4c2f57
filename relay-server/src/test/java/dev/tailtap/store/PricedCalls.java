package dev.tailtap.store;

import dev.tailtap.record.Billed;
import dev.tailtap.record.Caller;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Calls of six providers, their prices, and what they cost, worked out without the database. */
final class PricedCalls {
  private static final Instant START = Instant.parse("2026-10-01T00:00:00Z");
  private static final Instant CHANGE = Instant.parse("2026-10-01T12:00:00Z");
  private static final BigDecimal MILLION = new BigDecimal("0.000001");
  private static final long[] SIZES = {
    0, 1, 700, 127_999, 128_000, 128_001, 199_999, 200_000, 200_001, 272_000, 272_001, 900_000
  };

  /** As {@link #price} has them. */
  static final List<String> PRICES =
      List.of(
          "insert into model_price (upstream, model, input, output, cache_read, audio_in, audio_out, image_out, units) values "
              + "('openai', 'gpt-5', 1.25, 10, 0.125, 32, 64, 40, '{\"web_searches\": 0.01}')",
          "insert into model_price (upstream, model, tier, input, output, cache_read) values ('openai', 'gpt-5', 'flex', 0.625, 5, 0.0625)",
          "insert into model_price (upstream, model, input, output, cache_read, cache_write, cache_write_1h) values ('anthropic', 'claude-%', 3, 15, 0.3, 3.75, 6)",
          "insert into model_price (upstream, model, over, input, output, cache_read, cache_write, cache_write_1h) values ('anthropic', 'claude-%', 200000, 6, 22.5, 0.6, 7.5, 12)",
          "insert into model_price (upstream, model, geo, input, output, cache_read, cache_write, cache_write_1h) values ('anthropic', 'claude-%', 'us', 3.3, 16.5, 0.33, 4.125, 6.6)",
          "insert into model_price (upstream, model, valid, input, output, reasoning, image_in, image_out) values ('google', 'gemini', '(,2026-10-01T12:00Z)', 1.25, 10, 10, 1.25, 30)",
          "insert into model_price (upstream, model, valid, input, output, reasoning, image_in, image_out) values ('google', 'gemini', '[2026-10-01T12:00Z,)', 1.5, 11, 9, 1.5, 33.333)",
          "insert into model_price (upstream, model, input, output, cache_read) values ('xai', 'grok', 2, 6, 0.2)",
          "insert into model_price (upstream, model, over, inclusive, input, output, cache_read) values ('xai', 'grok', 200000, true, 4, 12, 0.4)",
          "insert into model_price (upstream, model, over, input, output, cache_read) values ('xai', 'grok', 272000, 5, 13, 0.5)",
          "insert into model_price (upstream, model, input, output, cache_read, units) values ('mistral', 'voxtral', 0.1, 0.3, 0.01, '{\"seconds\": 0.0000333333, \"calls\": 0.001}')",
          "insert into model_price (model, input, output) values ('%tral', 99, 99)");

  private final Random random;

  PricedCalls(Random random) {
    this.random = random;
  }

  List<UsageRecord> generate(int count) {
    List<UsageRecord> calls = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      Instant at = START.plusSeconds(random.nextInt(24 * 3600)).plusMillis(number);
      calls.add(
          switch (random.nextInt(6)) {
            case 0 -> openai(number, at);
            case 1 -> anthropic(number, at);
            case 2 ->
                call(
                    number,
                    at,
                    "google",
                    "gemini",
                    tokens(size(), 400L, null, null, some(300)),
                    billed(null, null, null, some(200), some(1290), null, null, null, null));
            case 3 ->
                call(
                    number,
                    at,
                    "xai",
                    "grok",
                    tokens(size(), 50L, some(150), null, some(900)),
                    Billed.NONE);
            case 4 ->
                call(
                    number,
                    at,
                    "mistral",
                    "voxtral",
                    tokens(size(), 7L, some(20), null, null),
                    billed(
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        "{\"seconds\":" + (random.nextInt(9) + 0.5) + "}",
                        null));
            default ->
                call(
                    number,
                    at,
                    "openrouter",
                    "any",
                    tokens(size(), 7L, null, null, null),
                    billed(
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        new BigDecimal("0.000" + (1 + random.nextInt(99_999)))));
          });
    }
    return calls;
  }

  private UsageRecord openai(int number, Instant at) {
    String tier = random.nextInt(3) == 0 ? "flex" : random.nextBoolean() ? "default" : null;
    boolean rich = random.nextInt(3) == 0;
    return call(
        number,
        at,
        "openai",
        "gpt-5",
        tokens(size(), 1_000L, some(500), null, some(300)),
        billed(
            null,
            rich ? some(80) : null,
            rich ? some(60) : null,
            null,
            rich ? some(50) : null,
            tier,
            null,
            random.nextInt(5) == 0
                ? "{\"web_searches\":3}"
                : random.nextInt(20) == 0 ? "{\"pages\":3}" : null,
            null));
  }

  private UsageRecord anthropic(int number, Instant at) {
    Long written = some(4_000);
    return call(
        number,
        at,
        "anthropic",
        random.nextInt(30) == 0 ? "unheard-of" : "claude-opus",
        tokens(size(), some(2_000), some(3_000), written, null),
        billed(
            written == null ? null : some(4_500),
            null,
            null,
            null,
            null,
            "standard",
            random.nextInt(4) == 0 ? "us" : "global",
            null,
            null));
  }

  private Long size() {
    return SIZES[random.nextInt(SIZES.length)];
  }

  private Long some(int most) {
    int choice = random.nextInt(4);
    return choice == 0 ? null : choice == 1 ? 0L : Long.valueOf(random.nextInt(most));
  }

  static Tokens tokens(Long prompt, Long completion, Long cached, Long written, Long reasoning) {
    return new Tokens(prompt, completion, null, cached, written, reasoning);
  }

  private static Billed billed(
      Long written1h,
      Long audioIn,
      Long audioOut,
      Long imageIn,
      Long imageOut,
      String tier,
      String geo,
      String units,
      BigDecimal cost) {
    return new Billed(
        written1h,
        audioIn,
        audioOut,
        imageIn,
        imageOut,
        tier,
        geo,
        null,
        units,
        cost,
        cost == null ? null : "USD");
  }

  static UsageRecord call(
      int number, Instant at, String upstream, String model, Tokens tokens, Billed billed) {
    UUID id = new UUID(0x0190_0000_0000_7000L + number, 0x8000_0000_0000_0000L | number);
    return new UsageRecord(
        new OpenRecord(
            id,
            at,
            "r",
            upstream,
            "d",
            "POST",
            "/",
            "tenant-" + number % 2,
            Try.of(id),
            Caller.UNSAID,
            null,
            null,
            null),
        new UsageRecord.Request("asked", 1),
        new UsageRecord.Response(200, true, 1, 1L, true),
        new UsageReading(UsageState.FINAL, model, "r-" + number, "stop", tokens, "{}", 1, "")
            .withBilled(billed),
        new UsageRecord.End(at, 1, Outcome.COMPLETED, null));
  }

  /** Null: something was used that has no price. */
  static BigDecimal cost(UsageRecord call) {
    Billed billed = call.usage().billed();
    if (billed.providerCost() != null) {
      return billed.providerCost();
    }
    Map<String, String> price = price(call);
    Tokens tokens = call.usage().tokens();
    BigDecimal cached = count(tokens.cached());
    BigDecimal hour = count(billed.cacheWrite1h());
    BigDecimal written = count(tokens.cacheWrite());
    BigDecimal reasoning = count(tokens.reasoning());
    BigDecimal input =
        count(tokens.prompt())
            .subtract(cached)
            .subtract(written.max(hour))
            .subtract(count(billed.audioPrompt()))
            .subtract(count(billed.imagePrompt()));
    BigDecimal output =
        count(tokens.completion())
            .subtract(reasoning)
            .subtract(count(billed.audioCompletion()))
            .subtract(count(billed.imageCompletion()));
    BigDecimal sum = BigDecimal.ZERO;
    Object[][] parts = {
      {"input", input},
      {"output", output},
      {"cache_read", cached},
      {"cache_write", written.subtract(hour)},
      {"cache_write_1h", hour},
      {price.containsKey("reasoning") ? "reasoning" : "output", reasoning},
      {"audio_in", count(billed.audioPrompt())},
      {"audio_out", count(billed.audioCompletion())},
      {"image_in", count(billed.imagePrompt())},
      {"image_out", count(billed.imageCompletion())}
    };
    for (Object[] part : parts) {
      BigDecimal amount = (BigDecimal) part[1];
      if (amount.signum() > 0) {
        if (!price.containsKey(part[0])) {
          return null;
        }
        sum = sum.add(amount.multiply(new BigDecimal(price.get(part[0]))).multiply(MILLION));
      }
    }
    if (billed.units() != null) {
      String[] unit = billed.units().replaceAll("[{}\"]", "").split(":", 2);
      if (!price.containsKey(unit[0])) {
        return null;
      }
      sum = sum.add(new BigDecimal(unit[1]).multiply(new BigDecimal(price.get(unit[0]))));
    }
    return sum.add(new BigDecimal(price.getOrDefault("calls", "0")));
  }

  private static BigDecimal count(Long count) {
    return BigDecimal.valueOf(count == null ? 0 : count);
  }

  private static Map<String, String> price(UsageRecord call) {
    Billed billed = call.usage().billed();
    Long prompt = call.usage().tokens().prompt();
    return switch (call.call().upstream()) {
      case "openai" ->
          "flex".equals(billed.serviceTier())
              ? Map.of("input", "0.625", "output", "5", "cache_read", "0.0625")
              : Map.of(
                  "input",
                  "1.25",
                  "output",
                  "10",
                  "cache_read",
                  "0.125",
                  "audio_in",
                  "32",
                  "audio_out",
                  "64",
                  "image_out",
                  "40",
                  "web_searches",
                  "0.01");
      case "anthropic" ->
          !call.usage().responseModel().startsWith("claude-")
              ? Map.of()
              : "us".equals(billed.geo())
                  ? Map.of(
                      "input",
                      "3.3",
                      "output",
                      "16.5",
                      "cache_read",
                      "0.33",
                      "cache_write",
                      "4.125",
                      "cache_write_1h",
                      "6.6")
                  : prompt > 200_000
                      ? Map.of(
                          "input",
                          "6",
                          "output",
                          "22.5",
                          "cache_read",
                          "0.6",
                          "cache_write",
                          "7.5",
                          "cache_write_1h",
                          "12")
                      : Map.of(
                          "input",
                          "3",
                          "output",
                          "15",
                          "cache_read",
                          "0.3",
                          "cache_write",
                          "3.75",
                          "cache_write_1h",
                          "6");
      case "google" ->
          call.startedAt().isBefore(CHANGE)
              ? Map.of(
                  "input",
                  "1.25",
                  "output",
                  "10",
                  "reasoning",
                  "10",
                  "image_in",
                  "1.25",
                  "image_out",
                  "30")
              : Map.of(
                  "input",
                  "1.5",
                  "output",
                  "11",
                  "reasoning",
                  "9",
                  "image_in",
                  "1.5",
                  "image_out",
                  "33.333");
      case "xai" ->
          prompt > 272_000
              ? Map.of("input", "5", "output", "13", "cache_read", "0.5")
              : prompt >= 200_000
                  ? Map.of("input", "4", "output", "12", "cache_read", "0.4")
                  : Map.of("input", "2", "output", "6", "cache_read", "0.2");
      default ->
          Map.of(
              "input",
              "0.1",
              "output",
              "0.3",
              "cache_read",
              "0.01",
              "seconds",
              "0.0000333333",
              "calls",
              "0.001");
    };
  }
}
