package dev.tailtap.fault;

import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.StreamLoad;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One relay process, or several one after another on the same journal, under a load of streams; and
 * the law that must hold after whatever was done to it. The test's thread.
 */
final class FaultTrial implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final String SUMS =
      "coalesce(sum(total_tokens), 0) || ' ' || coalesce(sum(prompt_tokens), 0) || ' ' || coalesce(sum(completion_tokens), 0)";

  /**
   * What was found once all was quiet.
   *
   * @param lost calls that reached the provider, or whose client saw the end, without a row
   * @param wrong ends that a client saw whose row says something else
   * @param doubled calls with more than one row
   * @param sumsAgree whether the hourly sums are those of the rows
   * @param lies what the admin port said that was not so
   */
  record Verdict(
      int finished,
      int rows,
      int interrupted,
      int deadLetters,
      List<String> lost,
      List<String> wrong,
      List<String> doubled,
      boolean sumsAgree,
      double recoverySeconds,
      List<String> lies) {
    boolean lawful() {
      return lost.isEmpty() && wrong.isEmpty() && doubled.isEmpty() && lies.isEmpty() && sumsAgree;
    }
  }

  /** Keeps every answer in its middle. */
  private static final class Hold {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
  }

  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private final Path dir;
  private final Path journal;
  private final String database;
  private final Provider provider;
  private final Map<String, String> environment = new HashMap<>();
  private final AdminTruth during = new AdminTruth();
  private final AdminTruth after = new AdminTruth();
  private RelayProcess relay;
  private StreamLoad load;
  private volatile int port; // by the test's thread, for the clients
  private volatile Hold hold; // by the test's thread, for the provider's; null: answers go on
  private long megabytesBefore;
  private long megabytesAfter;

  FaultTrial(Path dir, Path journal, String database) throws IOException {
    this.dir = dir;
    this.journal = journal;
    this.database = database;
    provider = new Provider(this::answer);
    environment.put("JDK_JAVA_OPTIONS", "-Xms256m -XX:+AlwaysPreTouch");
  }

  String database() {
    return database;
  }

  RelayProcess relay() {
    return relay;
  }

  StreamLoad load() {
    return load;
  }

  void load(int clients, String prefix, int padding) {
    load = new StreamLoad(clients, () -> port, prefix, padding);
  }

  /** A variable for the relays that are started from now on. */
  void environment(String name, String value) {
    environment.put(name, value);
  }

  /** Starts the relay and returns at once; settings are {@code key=value}. */
  void launch(String... settings) throws IOException {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("relay.listen", "127.0.0.1:0");
    entries.put("relay.loops", "2");
    entries.put("relay.drain-timeout", "2s");
    entries.put("relay.stall-probe", "2ms");
    entries.put("admin.listen", "127.0.0.1:0");
    entries.put("upstream.test.url", provider.url());
    entries.put("route.test.path", "/");
    entries.put("route.test.upstream", "test");
    entries.put("usage.settle", "before-end");
    entries.put("usage.settle-timeout", "15s");
    entries.put("journal.dir", journal.toString());
    entries.put("store.url", database);
    for (String setting : settings) {
      entries.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);
    }
    List<String> lines = entries.entrySet().stream().map(Map.Entry::toString).toList();
    Path config = Files.write(dir.resolve("relay.properties"), lines);
    relay = new RelayProcess(dir, environment, "serve", config.toString());
  }

  /** Starts the relay and waits until it serves. */
  void start(String... settings) throws IOException {
    launch(settings);
    port = relay.port();
  }

  /**
   * Waits until a call is in the middle of its answer, where it stays until the relay is killed.
   */
  void awaitOpen() throws InterruptedException {
    Hold next = new Hold();
    hold = next;
    if (!next.reached.await(Patience.SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("no call came to the provider");
    }
  }

  void kill() throws IOException, InterruptedException {
    port = 0;
    relay.signal("KILL");
    relay.exit();
    release();
  }

  private void release() {
    Hold former = hold;
    hold = null;
    if (former != null) {
      former.released.countDown();
    }
  }

  int port() {
    return port;
  }

  /** A status of the admin port. */
  int status(String page) throws IOException, InterruptedException {
    return AdminTruth.get(relay.adminPort(), page).statusCode();
  }

  double metric(String name) throws IOException, InterruptedException {
    String metrics = AdminTruth.get(relay.adminPort(), "/metrics").body();
    during.note(metrics);
    return AdminTruth.value(metrics, name);
  }

  /** Waits until a page answers so. */
  void await(String page, int status) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (status(page) != status) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(page + " does not answer " + status + "\n" + relay.err());
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Resident memory of the relay. */
  long residentMegabytes() throws IOException {
    String status = Files.readString(Path.of("/proc/" + relay.pid() + "/status"));
    return status
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .sum();
  }

  /** From here on the loops are watched; what held them up before was the start of the process. */
  void warm(int calls) throws IOException, InterruptedException {
    load.awaitMore(calls);
    metric("connections");
    during.forgetStalls();
  }

  /** What the admin port says while the fault lasts. */
  AdminTruth during() throws Exception {
    during.ask(relay.adminPort(), load);
    return during;
  }

  /** Memory at the beginning and at the end of an outage, while the load goes on. */
  void noteMemory() throws IOException {
    megabytesBefore = megabytesBefore == 0 ? residentMegabytes() : megabytesBefore;
    megabytesAfter = residentMegabytes();
  }

  long grownMegabytes() {
    return megabytesAfter - megabytesBefore;
  }

  String memory() {
    return megabytesBefore == 0 ? "-" : megabytesBefore + " → " + megabytesAfter;
  }

  String seen() {
    return String.join(
        " | ",
        during.stalls(),
        during.said("/readyz"),
        during.said("/stats"),
        during.said("/records"),
        during.said("slowest"),
        memory());
  }

  /** The fault is over: lets the load end and all rows arrive, and looks at them. */
  Verdict verdict() throws Exception {
    long began = System.nanoTime();
    load.awaitMore(10);
    await("/stats", 200);
    after.ask(relay.adminPort(), load);
    load.close();
    while (metric("usage_queue_depth") > 0 || metric("usage_in_flight") > 0) {
      if (System.nanoTime() - began > Patience.NANOS) {
        throw new AssertionError("rows still wait\n" + relay.err());
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    double recovery = (System.nanoTime() - began) / 1e9;
    return judge(recovery);
  }

  private Verdict judge(double recovery) throws SQLException {
    Map<String, String> rows = new HashMap<>();
    List<String> doubled = new ArrayList<>();
    int interrupted = 0;
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "select path, outcome || ' ' || coalesce(prompt_tokens::text, '-') from usage_record where starts_with(path, '"
                    + load.prefix()
                    + "/')")) {
      while (found.next()) {
        String said = found.getString(2);
        interrupted += said.startsWith("interrupted") ? 1 : 0;
        if (rows.put(found.getString(1), said) != null) {
          doubled.add(found.getString(1));
        }
      }
    }
    List<String> wrong = load.finished().stream().filter(path -> isWrong(path, rows)).toList();
    List<String> lost =
        asked.stream()
            .filter(path -> path.startsWith(load.prefix() + "/") && !rows.containsKey(path))
            .toList();
    return new Verdict(
        load.finished().size(),
        rows.size(),
        interrupted,
        Integer.parseInt(FrailPostgres.ask(database, "select count(*) from usage_dead_letter")),
        lost,
        wrong,
        doubled,
        sumsAgree(),
        recovery,
        lies());
  }

  private static boolean isWrong(String path, Map<String, String> rows) {
    String row = rows.get(path);
    int number = StreamLoad.numberOf(path);
    boolean countsMayMiss = poisonOf(path) == Poison.COUNT_BEYOND_A_LONG;
    return row != null && !row.equals("completed " + (countsMayMiss ? "-" : number));
  }

  private boolean sumsAgree() throws SQLException {
    // In one statement, which sees one moment, whatever another relay does meanwhile.
    String raw = "(select count(*) || ' ' || " + SUMS + " from usage_record)";
    String hourly = "(select coalesce(sum(calls), 0) || ' ' || " + SUMS + " from usage_hour)";
    return FrailPostgres.ask(database, "select " + raw + " = " + hourly).equals("t");
  }

  /** Once the fault is over, everything is answered. */
  private List<String> lies() {
    List<String> lies = new ArrayList<>(during.lies());
    lies.addAll(after.lies());
    for (String page : List.of("/readyz", "/stats", "/records")) {
      if (!after.said(page).equals("200")) {
        lies.add("after it, " + page + " said " + after.said(page));
      }
    }
    return lies;
  }

  /** What a provider may write that a database does not take. */
  private enum Poison {
    NONE,
    NUL,
    LONE_SURROGATE,
    COUNT_BEYOND_A_LONG
  }

  private static Poison poisonOf(String path) {
    return path.startsWith("/poison/")
        ? Poison.values()[StreamLoad.numberOf(path) % Poison.values().length]
        : Poison.NONE;
  }

  /** Some streams are slow, so that a fault finds them in the middle. */
  private static long gapMillis(String path, int number) {
    if (path.startsWith("/brisk/")) {
      return 1;
    }
    return number % 8 == 0 ? 60 : FaultGround.GAP_MILLIS;
  }

  private void answer(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    String path = request.line().split(" ", 3)[1];
    asked.add(path);
    int number = StreamLoad.numberOf(path);
    answer.chunkedHead("text/event-stream");
    for (int i = 0; i < 4; i++) {
      answer.chunk("data: {\"id\":\"c-" + number + "\",\"choices\":[]}\n\n");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(gapMillis(path, number)));
      Hold now = hold;
      if (now != null) {
        now.reached.countDown();
        now.released.await();
      }
    }
    Poison poison = poisonOf(path);
    String model =
        switch (poison) {
          case NONE, COUNT_BEYOND_A_LONG -> "m-1";
          case NUL -> "m\\u0000-1";
          case LONE_SURROGATE -> "m\\ud800-1";
        };
    String prompt = poison == Poison.COUNT_BEYOND_A_LONG ? "99999999999999999999" : "" + number;
    answer
        .chunk(
            "data: {\"id\":\"c-%d\",\"model\":\"%s\",\"choices\":[],\"usage\":{\"prompt_tokens\":%s,\"completion_tokens\":1,\"total_tokens\":%d}}\n\n"
                .formatted(number, model, prompt, number + 1))
        .chunk("data: [DONE]\n\n")
        .lastChunk();
  }

  @Override
  public void close() throws IOException {
    if (relay != null) {
      relay.close();
    }
    release();
    port = 0;
    provider.close();
    if (load != null) {
      load.close();
    }
  }
}
