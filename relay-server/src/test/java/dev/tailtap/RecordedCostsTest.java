package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.prices.PriceTable;
import dev.tailtap.prices.RecordedCall;
import dev.tailtap.usage.Transcripts;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What recorded calls cost, through the whole relay over real sockets and with prices that the
 * command imported, beside what {@link PriceTable} makes of the recordings' sidecars: the same to
 * the last digit, in the rows, in the sums and on the page.
 *
 * <p>The bodies are 152 recordings of 46 providers and 24 cases rebuilt from public reports. The
 * lines of recorded-calls.txt make 230 calls of them, nearly each by two callers, so that 461 rows
 * are written. In no recording an image came out, nothing was kept for an hour, and tiers and steps
 * are few. So two bodies have the usage of images that others have recorded, and 53 calls are sent
 * another word, or number, in their bodies than was recorded.
 */
class RecordedCostsTest {
  private static final List<String> CALLERS = List.of("a", "b");

  /** Of the totals and of each group of the page. */
  private static final Pattern COST =
      Pattern.compile(
          "(?:\"totals\":\\{|\"key\":\"([^\"]*)\")[^{}]*?\"cost\":([^,]*),\"currency\":\"?([^,\"]*)\"?,"
              + "(?:\"costs\":\\{([^}]*)\\},)?\"unpriced_calls\":(\\d+)");

  @TempDir private static Path dir;
  private static Set<String> missing;
  private static PriceTable prices;
  private static RecordedTraffic traffic;
  private static List<Row> rows;

  /** A row of the view, and what it costs by hand. */
  private record Row(RecordedCall call, Map<String, Object> view, PriceTable.Cost cost) {
    String says(String name) {
      return call.said().getOrDefault(name, "");
    }

    boolean is(String priced) {
      return priced.equals(cost.priced());
    }

    boolean isListed() {
      return is("listed");
    }

    boolean isPriced() {
      return cost.amount() != null;
    }
  }

  @BeforeAll
  static void send() throws Exception {
    missing = new TreeSet<>(RecordedCall.missing());
    if (!missing.isEmpty()) {
      return;
    }
    prices = PriceTable.read(RecordedCall.resource("recorded-prices.csv"));
    List<RecordedCall> calls = RecordedCall.all();
    traffic = new RecordedTraffic(calls);
    List<RecordedTraffic.Sent> sent = traffic.ask(calls, CALLERS);
    traffic.importPrices(dir, RecordedCall.resource("recorded-prices.csv"));
    rows = rows(sent);
  }

  /** Before each, so that each says why it was skipped. */
  @BeforeEach
  void bodiesArePresent() {
    assumeTrue(
        missing.isEmpty(),
        () ->
            "recorded bodies are neither at "
                + Transcripts.folder()
                + " nor in cases/usage beside it; set -Dtailtap.transcripts=FOLDER: "
                + missing);
  }

  @AfterAll
  static void stop() throws IOException {
    if (traffic != null) {
      traffic.close();
    }
  }

  @Test
  void everyRowCostsWhatItIsWorth() {
    List<String> wrong = new ArrayList<>();
    for (Row row : rows) {
      BigDecimal cost = (BigDecimal) row.view().get("cost");
      String priced = (String) row.view().get("priced");
      if (!row.cost().is(priced, cost, (String) row.view().get("currency"))) {
        wrong.add(row.call().line() + "\n  " + row.cost() + "\n  " + row.view());
      }
    }
    assertTrue(wrong.isEmpty(), () -> wrong.size() + " wrong:\n" + String.join("\n", wrong));
  }

  @Test
  void theSumsCostWhatTheirRowsCost() throws Exception {
    Map<String, Amounts> expected =
        amounts(
            row ->
                String.join(
                    " ",
                    (String) row.view().get("tenant"),
                    row.call().upstream(),
                    row.says("model"),
                    row.says("tier"),
                    row.says("geo"),
                    row.says("speed")));
    Map<String, Amounts> seen = new TreeMap<>();
    for (Map<String, Object> sum : traffic.rig().query("select * from usage_price_hour_cost")) {
      String key =
          Stream.of("tenant", "upstream", "model", "service_tier", "geo", "speed")
              .map(name -> sum.get(name).toString())
              .collect(Collectors.joining(" "));
      boolean unpriced = "unpriced".equals(sum.get("priced"));
      seen.computeIfAbsent(key, name -> new Amounts())
          .add(
              (BigDecimal) sum.get("cost"),
              (String) sum.get("currency"),
              unpriced ? (Long) sum.get("calls") : 0);
    }
    assertSame(expected, seen);
  }

  @Test
  void thePageSaysTheSame() throws Exception {
    assertSame(amounts(row -> row.call().upstream()), page("upstream"));
    assertSame(amounts(row -> (String) row.view().get("tenant")), page("tenant"));
    assertSame(amounts(row -> row.says("model")), page("model"));
    assertSame(amounts(row -> ""), page(null));
  }

  @Test
  void thereIsEnoughOfEverything() {
    assertTrue(count(row -> row.isPriced() && !row.call().isChanged()) >= 200);
    assertTrue(count(Row::isListed) >= 300);
    assertTrue(count(row -> row.is("stated")) >= 30);
    assertTrue(count(row -> row.is("unpriced")) >= 50);
    assertEquals(2, count(row -> row.is("repeated")));
    assertTrue(count(row -> row.cost().priced() == null) >= 40);
    assertTrue(namesOfListed(row -> row.call().upstream()).size() >= 12);
    assertEquals(Set.of("", "batch", "flex", "priority"), namesOfListed(row -> row.says("tier")));
    assertEquals(Set.of("", "us"), namesOfListed(row -> row.says("geo")));
    assertEquals(Set.of("", "fast"), namesOfListed(row -> row.says("speed")));
    assertEquals(Set.of("EUR", "USD"), namesOfListed(row -> row.cost().currency()));
    assertTrue(namesOfListed(row -> prices.step(row.cost().row())).size() >= 8);
    assertTrue(count(row -> row.isListed() && !row.says("image_out").isEmpty()) >= 10);
    assertTrue(count(row -> row.isListed() && !row.says("write_1h").isEmpty()) >= 10);
    assertEquals(
        CALLERS.size(), rows.stream().map(row -> row.view().get("tenant")).distinct().count());
  }

  /** Each count, unit and mode would be missed, or this test would not see that it is. */
  @Test
  void everythingThatAnAnswerSaysDecidesACost() {
    Set<String> names = new TreeSet<>();
    Set<String> missed = new TreeSet<>();
    for (Row row : rows) {
      Set<String> said = row.isListed() ? row.call().said().keySet() : Set.of();
      names.addAll(said);
      for (String name : said) {
        Map<String, String> less = new HashMap<>(row.call().said());
        less.remove(name);
        PriceTable.Cost cost = prices.cost(row.call().upstream(), less, at(row.view()));
        if (!cost.is("listed", row.cost().amount(), row.cost().currency())) {
          missed.add(name);
        }
      }
    }
    names.remove("total"); // which is in no cost
    assertEquals(names, missed);
    assertTrue(names.size() >= 18, names::toString);
  }

  /** Or this test would not see it. */
  @Test
  void everyPriceDecidesACostToItsLastDigit() {
    Map<Integer, List<Row>> priced =
        rows.stream().filter(Row::isListed).collect(Collectors.groupingBy(row -> row.cost().row()));
    List<String> idle = new ArrayList<>();
    for (int row = 0; row < prices.size(); row++) {
      if (prices.loses(row)) {
        assertTrue(!priced.containsKey(row), prices.name(row) + " is to lose");
        continue;
      }
      for (Map.Entry<String, String> cell : prices.amounts(row).entrySet()) {
        BigDecimal amount = new BigDecimal(cell.getValue());
        PriceTable other =
            prices.with(row, cell.getKey(), amount.add(amount.ulp()).toPlainString());
        if (priced.getOrDefault(row, List.of()).stream()
            .allMatch(one -> costsTheSame(one, other))) {
          idle.add(prices.name(row) + " " + cell);
        }
      }
    }
    assertTrue(idle.isEmpty(), () -> "no call has these prices:\n" + String.join("\n", idle));
  }

  private static boolean costsTheSame(Row row, PriceTable other) {
    PriceTable.Cost cost = other.cost(row.call().upstream(), row.call().said(), at(row.view()));
    return cost.is("listed", row.cost().amount(), row.cost().currency());
  }

  private static long count(Predicate<Row> which) {
    return rows.stream().filter(which).count();
  }

  private static Set<Object> namesOfListed(Function<Row, Object> name) {
    return rows.stream().filter(Row::isListed).map(name).collect(Collectors.toSet());
  }

  /** Amounts of money by their currencies, and calls without a price. */
  private static final class Amounts {
    private final Map<String, BigDecimal> sums = new TreeMap<>();
    private long unpriced;

    void add(BigDecimal cost, String currency, long unpricedCalls) {
      if (cost != null) {
        sums.merge(currency, cost, BigDecimal::add);
      }
      unpriced += unpricedCalls;
    }

    boolean isNothing() {
      return sums.isEmpty() && unpriced == 0;
    }

    @Override
    public String toString() {
      return sums.entrySet().stream()
          .map(sum -> sum.getKey() + " " + sum.getValue().stripTrailingZeros().toPlainString())
          .collect(Collectors.joining(", ", "", "; unpriced " + unpriced));
    }
  }

  private static Map<String, Amounts> amounts(Function<Row, String> key) {
    Map<String, Amounts> amounts = new TreeMap<>();
    for (Row row : rows) {
      amounts
          .computeIfAbsent(key.apply(row), name -> new Amounts())
          .add(row.cost().amount(), row.cost().currency(), row.is("unpriced") ? 1 : 0);
    }
    return amounts;
  }

  /** What nobody used anything of is in one and not in the other. */
  private static void assertSame(Map<String, Amounts> expected, Map<String, Amounts> seen) {
    expected.values().removeIf(Amounts::isNothing);
    seen.values().removeIf(Amounts::isNothing);
    assertTrue(!expected.isEmpty());
    assertEquals(lines(expected), lines(seen));
  }

  private static String lines(Map<String, Amounts> amounts) {
    return amounts.entrySet().stream().map(Object::toString).collect(Collectors.joining("\n"));
  }

  /** The groups of the page, or its totals. */
  private static Map<String, Amounts> page(String by) throws Exception {
    Map<String, Amounts> groups = new TreeMap<>();
    Matcher cost = COST.matcher(traffic.rig().admin("/stats" + (by == null ? "" : "?by=" + by)));
    while (cost.find()) {
      if (by == null == (cost.group(1) == null)) {
        Amounts amounts = new Amounts();
        amounts.add(null, null, Long.parseLong(cost.group(5)));
        if (cost.group(4) != null) {
          for (String each : cost.group(4).split(",", -1)) {
            String[] pair = each.replace("\"", "").split(":", 2);
            amounts.add(new BigDecimal(pair[1]), pair[0], 0);
          }
        } else if (!cost.group(2).equals("null")) {
          amounts.add(new BigDecimal(cost.group(2)), cost.group(3), 0);
        }
        groups.put(by == null ? "" : cost.group(1), amounts);
      }
    }
    return groups;
  }

  private static List<Row> rows(List<RecordedTraffic.Sent> sent) throws Exception {
    Map<String, Map<String, Object>> views = new HashMap<>();
    for (Map<String, Object> view : traffic.rig().query("select * from usage_cost")) {
      views.put(view.get("id").toString(), view);
    }
    List<Row> rows = new ArrayList<>();
    for (RecordedTraffic.Sent one : sent) {
      for (String id : one.ids()) {
        RecordedCall call = one.call();
        Map<String, Object> view = views.remove(id);
        boolean first = id.equals(one.ids().get(0));
        rows.add(
            new Row(
                call,
                view,
                first
                    ? prices.cost(call.upstream(), call.said(), at(view))
                    : PriceTable.Cost.REPEATED));
      }
    }
    assertTrue(views.isEmpty(), () -> "rows of nobody: " + views);
    return rows;
  }

  private static Instant at(Map<String, Object> view) {
    return ((Timestamp) view.get("started_at")).toInstant();
  }
}
