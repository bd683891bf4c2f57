package dev.tailtap.prices;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.Price;
import dev.tailtap.store.TestDatabase;
import dev.tailtap.store.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files of prices and closed months, against a real database. */
@ExtendWith(TestServer.class)
final class PricesTest {
  private static final Clock NOVEMBER =
      Clock.fixed(Instant.parse("2026-11-05T10:20:00Z"), ZoneOffset.UTC);
  private static final Map<String, URI> URLS =
      Map.of(
          "openai", URI.create("https://api.openai.com"),
          "claude", URI.create("https://api.anthropic.com"),
          "mine", URI.create("http://127.0.0.1:1"));
  private static final String GENAI =
      """
      [{"id":"anthropic","api_pattern":"https://api\\\\.anthropic\\\\.com","models":[
         {"id":"claude-x","match":{"or":[{"starts_with":"claude-x"},{"equals":"Claude_Y"},{"regex":"^claude-z-\\\\d{8}$"},{"regex":"a|b"}]},
          "prices":[{"prices":{"input_mtok":{"base":5,"tiers":[{"start":200000,"price":10}]},"output_mtok":25,"web_searches_kcount":10}},
            {"constraint":{"start_date":"2026-03-13"},"prices":{"input_mtok":4,"output_mtok":20}}],
          "price_variants":[{"when":{"processing":"batch"},"constraint":{"start_date":"2026-10-14"},"prices":{"input_mtok":2}},{"when":{"route":"eu"},"prices":{}}]}]},
       {"id":"openai","api_pattern":"https://api\\\\.openai\\\\.com","models":[
         {"id":"grok","match":{"equals":"grok"},"prices":{"input_mtok":{"base":2,"tiers":[{"start":199999,"price":4}]}}}]},
       {"id":"openai-more","api_pattern":"https://api\\\\.openai\\\\.com","models":[{"id":"grok","match":{"equals":"grok"},"prices":{"input_mtok":9}}]},
       {"id":"elsewhere","api_pattern":"https://else","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":1}}]}]
      """;

  @TempDir private Path dir;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void takesOverAListOfManyProvidersForTheUpstreamsThatAreThere(TestDatabase database)
      throws Exception {
    assertTrue(run(database, "list.json", GENAI, Map.of()));
    assertEquals("0", database.ask("select count(*) from model_price"));
    assertTrue(run(database, "list.json", GENAI, Map.of("apply", "true")));
    assertEquals(
        """
        claude claude-x% | -1 - 5 25 {"web_searches": 0.01}
        claude claude-x% | -1 2026-03-13 00:00:00+00 4 20 {}
        claude claude-x% | 200000 - 10 25 {"web_searches": 0.01}
        claude claude-x% batch| -1 2026-10-14 00:00:00+00 2 20 {}""",
        rows(database, "model = 'claude-x%'"));
    assertEquals(
        "claude-x% claude-z-% claude_y grok",
        database.ask("select string_agg(distinct model, ' ' order by model) from model_price"));
    assertEquals(
        "openai grok | -1 - 2 - {}\nopenai grok | 200000 - 4 - {}",
        rows(database, "model = 'grok'"));
    assertEquals(
        "t",
        database.ask("select inclusive from model_price where over = 200000 and model = 'grok'"));
    assertTrue(text(out).contains("left out: variants by route ("));
    assertTrue(text(out).contains("left out: matches by regular expressions (1 times)"));
    out.reset();
    assertTrue(run(database, "list.json", GENAI, Map.of("apply", "true")));
    assertTrue(text(out).contains(" 0 changes written"), text(out));
  }

  @Test
  void takesOverTheFlatListAndEndsAPriceThatChanges(TestDatabase database) throws Exception {
    String list =
        """
        {"sample_spec":{"litellm_provider":"one of"},
         "gpt-x":{"litellm_provider":"openai","input_cost_per_token":1.25e-06,"input_cost_per_token_above_272k_tokens":2.5e-06,"output_cost_per_token":1e-05,
           "input_cost_per_token_flex":6.25e-07,"output_cost_per_token_flex":5e-06,"search_context_cost_per_query":{"search_context_size_medium":0.01}},
         "openai/whisper":{"litellm_provider":"openai","input_cost_per_second":0.0001}}
        """;
    assertTrue(run(database, "flat.json", list, Map.of("apply", "true")));
    assertEquals(
        """
        openai gpt-x | -1 - 1.25 10 {"web_searches": 0.010}
        openai gpt-x | 272000 - 2.5 10 {"web_searches": 0.010}
        openai gpt-x flex| -1 - 0.625 5 {"web_searches": 0.010}
        openai gpt-x flex| 272000 - 0.625 5 {"web_searches": 0.010}"""
            .replace("0.010", "0.01"),
        rows(database, "model = 'gpt-x'"));
    assertEquals(
        "0.0001",
        database.ask("select units ->> 'seconds' from model_price where model = 'whisper'"));
    String dearer = list.replace("1.25e-06", "1.5e-06");
    assertTrue(run(database, "flat.json", dearer, Map.of("apply", "true")));
    assertEquals(
        "openai gpt-x | -1 - 1.25 10 {\"web_searches\": 0.01}\nopenai gpt-x | -1 2026-11-05 10:00:00+00 1.5 10 {\"web_searches\": 0.01}",
        rows(database, "model = 'gpt-x' and over = -1 and tier = ''"));
    assertTrue(
        run(
            database,
            "flat.json",
            list.replace("1.25e-06", "3e-06"),
            Map.of("apply", "true", "correct", "true")));
    assertEquals(
        "openai gpt-x | -1 - 3 10 {\"web_searches\": 0.01}",
        rows(database, "model = 'gpt-x' and over = -1 and tier = ''"));
    assertEquals("2", database.ask("select count(*) from model_price where not upper_inf(known)"));
  }

  @Test
  void letsOnesOwnPricesGoBeforeThoseOfLists(TestDatabase database) throws Exception {
    assertTrue(run(database, "list.json", GENAI, Map.of("apply", "true")));
    String own =
        "model,upstream,from,to,input,output,unit.web_searches\r\n\"grok\",openai,2026-10-01,2026-11-01,1,2,0.5\r\n%,,,,7,7,\r\n";
    assertTrue(run(database, "own.csv", own, Map.of("apply", "true")), text(err));
    database.execute(
        """
        insert into usage_record (id, started_at, upstream, response_model, usage_state, prompt_tokens, completion_tokens, units) values
          (gen_random_uuid(), '2026-10-31T23:59:59Z', 'openai', 'Grok', 'final', 1000000, 0, '{"web_searches":2}'),
          (gen_random_uuid(), '2026-11-01T00:00:00Z', 'openai', 'grok', 'final', 1000000, 0, null)""");
    assertEquals(
        "2 7",
        database.ask(
            "select string_agg(trim_scale(cost)::text, ' ' order by started_at) from usage_cost"));
  }

  @Test
  void saysAllMistakesAtOnceAndWritesNothing(TestDatabase database) throws Exception {
    String own =
        "model,over,from,to,input,currency\n,1,2026-01-01T00:30:00Z,,x,EUR\nm,,2026-02-01,2026-01-01,,eur\nm,,,,1,USD\nm,,2026-01-01,,2,USD\nm,,\n";
    assertFalse(run(database, "own.csv", own, Map.of("apply", "true")));
    for (String mistake :
        new String[] {
          "line 2: model is empty",
          "line 2: over must",
          "line 2: from must",
          "line 2: input must",
          "line 3: from must be before",
          "line 3: currency",
          "line 3: there is no price",
          "line 6: 3 cells under 6 columns",
          "* m rank 100: two prices hold at one time",
          "10 mistakes"
        }) {
      assertTrue(text(err).contains(mistake), () -> mistake + " in " + text(err));
    }
    assertFalse(run(database, "own.csv", "model,colour,colour\n", Map.of()));
    assertFalse(run(database, "open.csv", "model,input\n\"m,1\nn,1\n", Map.of()));
    assertTrue(text(err).contains("line 3: a quote has no end"), text(err));
    assertFalse(run(database, "head.csv", "\"model,input\n", Map.of()));
    assertFalse(run(database, "nul.csv", "model,input\nm\0n,1\n", Map.of("apply", "true")));
    assertTrue(text(err).contains("line 2: model must have no control"), text(err));
    assertFalse(
        run(
            database,
            "large.json",
            "{\"gpt-x\":{\"litellm_provider\":\"openai\",\"mode\":\"chat\",\"input_cost_per_token\":1e-9999999}}",
            Map.of("apply", "true")));
    assertTrue(text(err).contains("input_cost_per_token is no number"), text(err));
    assertFalse(run(database, "cut.json", GENAI.substring(0, 300), Map.of("apply", "true")));
    assertFalse(
        run(
            database,
            "odd.json",
            GENAI.replace("\"start\":200000", "\"start\":123").replace("199999", "5"),
            Map.of("apply", "true")));
    assertTrue(text(err).contains("claude-x%: the sums know no step at 123 tokens"), text(err));
    assertTrue(text(err).contains("grok: the sums know no step at 5 tokens"), text(err));
    assertFalse(run(database, "empty", "", Map.of()));
  }

  @Test
  void storesAMonthOnceAndSaysWhatChangedSince(TestDatabase database) throws Exception {
    String own = "model,upstream,input,output\ngrok,openai,1,2\n";
    assertTrue(run(database, "own.csv", own, Map.of("apply", "true")));
    database.execute(
        """
        insert into usage_record (id, started_at, tenant, upstream, response_model, usage_state, prompt_tokens, completion_tokens) values
          (gen_random_uuid(), '2026-10-31T23:59:59Z', 'a', 'openai', 'grok', 'final', 1000000, 1000000),
          (gen_random_uuid(), '2026-10-01T00:00:00Z', 'b', 'openai', 'unheard-of', 'final', 1, 1),
          (gen_random_uuid(), '2026-11-01T00:00:00Z', 'a', 'openai', 'grok', 'final', 1000000, 0)""");
    assertTrue(invoice(database, "2026-10", Map.of()));
    assertTrue(text(out).contains("a openai grok: 1 calls, 3 USD"), text(out));
    assertTrue(text(out).contains("total 3 USD"), text(out));
    assertTrue(text(out).contains("unpriced calls 1"), text(out));
    assertEquals(
        "1",
        database.ask("select prices -> 0 ->> 'input' from invoice_line where cost is not null"));
    assertTrue(invoice(database, "2026-10", Map.of()));
    assertTrue(text(out).contains("Nothing has changed since."), text(out));
    assertTrue(
        run(
            database,
            "own.csv",
            own.replace(",1,", ",1.5,"),
            Map.of("apply", "true", "correct", "true")));
    out.reset();
    assertTrue(invoice(database, "2026-10", Map.of()));
    assertTrue(text(out).contains("now a openai grok: 1 calls, 3.5 USD"), text(out));
    assertTrue(invoice(database, "2026-10", Map.of("tenant", "b")));
    assertEquals("2", database.ask("select count(*) from invoice"));
    assertFalse(invoice(database, "2026-11", Map.of()));
  }

  @Test
  void knowsTheStepsThatTheSumsKnow(TestDatabase database) throws Exception {
    assertTrue(run(database, "own.csv", "model,input\nm,1\n", Map.of()));
    for (long step : Price.STEPS) {
      assertEquals(
          step + " " + (step + 1) + " " + (step + 1),
          database.ask(
              "select concat_ws(' ', tailtap_band(%d), tailtap_band(%d), tailtap_band(%d))"
                  .formatted(step, step + 1, step + 2)));
    }
    assertEquals(
        Integer.toString(2 * Price.STEPS.size() + 1),
        database.ask("select count(distinct tailtap_band(n)) from generate_series(0, 2100000) n"));
  }

  private boolean run(TestDatabase database, String name, String text, Map<String, String> options)
      throws Exception {
    Path file = Files.writeString(dir.resolve(name), text);
    return PricesCommand.of(file, new HashMap<>(options))
        .run(address(database), URLS, NOVEMBER, stream(out), stream(err));
  }

  private boolean invoice(TestDatabase database, String month, Map<String, String> options)
      throws Exception {
    return InvoiceCommand.of(month, options)
        .run(address(database), NOVEMBER, stream(out), stream(err));
  }

  private static String rows(TestDatabase database, String where) throws Exception {
    return database.ask(
        "select string_agg(upstream || ' ' || model || ' ' || tier || '| ' || over || ' ' || coalesce((lower(valid) at time zone 'UTC')::text || '+00', '-') || ' ' || coalesce(trim_scale(input)::text, '-')"
            + " || ' ' || coalesce(trim_scale(output)::text, '-') || ' ' || units, E'\\n' order by tier, over, lower(valid) nulls first) from model_price where upper_inf(known) and "
            + where);
  }

  private static DatabaseAddress address(TestDatabase database) {
    return new DatabaseAddress(database.url(), database.user(), database.password());
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(UTF_8);
  }
}
