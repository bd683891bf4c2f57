package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Budgets of whole relays, beside the sums in their database. */
class BudgetsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Pattern USED =
      Pattern.compile("\"tenant\":\"([^\"]+)\"}[^{]*\"budget\":\\{\"used\":([0-9.E]+)");

  /** Answers with as many tokens as the request says. */
  private static void asAsked(Provider.Request request, Provider.Answer answer) throws IOException {
    Matcher wanted = Pattern.compile("\"use\":(\\d+)").matcher(request.text());
    assertTrue(wanted.find());
    String usage =
        "\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":%1$s,\"total_tokens\":%1$s}"
            .formatted(wanted.group(1));
    answer.whole(
        200, "application/json", "{\"id\":\"x\",\"model\":\"m-1\",\"choices\":[]," + usage + "}");
  }

  private static RawClient.Answer use(RelayRig rig, String key, int tokens) throws Exception {
    try (RawClient client = rig.client()) {
      String json = "{\"model\":\"m-1\",\"messages\":[],\"use\":" + tokens + "}";
      return client
          .send(
              "POST %s HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(CHAT, key, json.length(), json))
          .answer();
    }
  }

  private static Map<String, Long> used(RelayRig rig) throws Exception {
    Map<String, Long> used = new TreeMap<>();
    Matcher all = USED.matcher(rig.admin("/limits"));
    while (all.find()) {
      used.put(all.group(1), (long) Double.parseDouble(all.group(2)));
    }
    return used;
  }

  private static Map<String, Long> summed(RelayRig rig) throws Exception {
    Map<String, Long> sums = new TreeMap<>();
    rig.query("select tenant, sum(total_tokens)::bigint as used from usage_hour group by 1")
        .forEach(row -> sums.put((String) row.get("tenant"), (Long) row.get("used")));
    return sums;
  }

  @Test
  @Rule(
      value = "At rest a budget's verdict is that of the sums, to the token",
      source = "docs/LIMITS.md")
  void atRestABudgetIsTheSumsToTheToken() throws Exception {
    Random random = new Random(4);
    try (Provider provider = new Provider(BudgetsTest::asAsked);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "limit.a.budget",
                "1G tokens/day",
                "limit.a.per",
                "tenant",
                "budget.refresh",
                "20ms")) {
      Map<String, Long> own = new HashMap<>();
      for (int i = 0; i < 150; i++) {
        String key = "sk-" + random.nextInt(3);
        int tokens = random.nextInt(1_000);
        assertEquals(200, use(rig, key, tokens).status());
        own.merge(key, (long) tokens, Long::sum);
        long total = own.values().stream().mapToLong(Long::longValue).sum();
        // Whatever a question and the writer do at this moment, no call counts twice or not at all.
        assertEquals(
            total, used(rig).values().stream().mapToLong(Long::longValue).sum(), "call " + i);
      }
      rig.rows(150);
      assertEquals(summed(rig), used(rig));
      assertEquals(
          own.values().stream().sorted().toList(), used(rig).values().stream().sorted().toList());
    }
  }

  @Test
  void aSpentBudgetIsA429UntilItsPeriodEnds() throws Exception {
    try (Provider provider = new Provider(BudgetsTest::asAsked);
        RelayRig rig =
            new RelayRig(
                provider.url(), "limit.a.budget", "100 tokens/month", "limit.a.per", "tenant")) {
      assertEquals(200, use(rig, "sk-1", 99).status());
      rig.awaitMetric("tailtap_budget_used_ratio{limit=\"a\"} 0.99");
      assertEquals(200, use(rig, "sk-1", 1).status());
      assertEquals(200, use(rig, "sk-other", 7).status());
      rig.awaitMetric("tailtap_budget_used_ratio{limit=\"a\"} 1.0");
      RawClient.Answer refused = use(rig, "sk-1", 1);
      assertEquals(429, refused.status());
      assertEquals("false", refused.fields().get("x-should-retry"));
      assertTrue(refused.text().contains("\"code\":\"budget\""), refused.text());
      assertTrue(Integer.parseInt(refused.fields().get("retry-after")) <= 31 * 86_400);
      assertEquals(200, use(rig, "sk-2", 1).status(), "another tenant has its own");
    }
  }

  @Test
  void whatAnotherRelaySpentIsKnownAndMoneyByThePriceTable() throws Exception {
    try (Provider provider = new Provider(BudgetsTest::asAsked);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "limit.a.budget",
                "2 USD/day",
                "limit.a.per",
                "tenant",
                "budget.refresh",
                "20ms")) {
      rig.query("insert into model_price (model, output) values ('m-1', 1000000) returning id");
      assertEquals(200, use(rig, "sk-1", 2).status());
      awaitRefusal(rig, "sk-1");
      rig.rows(1);
      awaitRefusal(rig, "sk-1");
      rig.query("update model_price set output = 1 returning id");
      long deadline = System.nanoTime() + Patience.NANOS;
      while (use(rig, "sk-1", 0).status() == 429) {
        assertTrue(System.nanoTime() < deadline, "a corrected price changes no verdict");
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private static void awaitRefusal(RelayRig rig, String key) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (use(rig, key, 0).status() != 429) {
      assertTrue(System.nanoTime() < deadline, "the budget was never spent");
      LockSupport.parkNanos(20_000_000);
    }
  }

  @Test
  void withoutADatabaseItsOwnCallsCount() throws Exception {
    try (Provider provider = new Provider(BudgetsTest::asAsked);
        RelayRig rig =
            RelayRig.on(
                "jdbc:postgresql://127.0.0.1:1/none",
                provider.url(),
                "limit.a.budget",
                "100 tokens/day",
                "limit.a.per",
                "tenant",
                "budget.refresh",
                "20ms")) {
      assertEquals(200, use(rig, "sk-1", 100).status());
      assertEquals(429, use(rig, "sk-1", 1).status());
      rig.reload("budget.store-away", "refuse");
      long deadline = System.nanoTime() + Patience.NANOS;
      RawClient.Answer refused = use(rig, "sk-2", 0);
      while (refused.status() != 503) {
        assertTrue(System.nanoTime() < deadline, () -> "never refused");
        LockSupport.parkNanos(20_000_000);
        refused = use(rig, "sk-2", 0);
      }
      assertTrue(refused.text().contains("budget_unknown"), refused.text());
      assertEquals("1", refused.fields().get("retry-after"));
      assertTrue(rig.counted("tailtap_budget_age_seconds{limit=\"a\"}"));
    }
  }
}
