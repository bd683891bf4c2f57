package dev.tailtap;

import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.StreamLoad;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One relay process, or several one after another on the same journal, under a load of streams; and
 * the law that must hold after whatever was done to it. The test's thread.
 */
final class FaultTrial implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);
  private static final String SUMS =
      "coalesce(sum(total_tokens), 0) || ' ' || coalesce(sum(prompt_tokens), 0) || ' ' || coalesce(sum(completion_tokens), 0)";

  /**
   * What was found once all was quiet.
   *
   * @param lost calls that reached the provider, or whose client saw the end, without a row
   * @param wrong ends that a client saw whose row says something else
   * @param doubled calls with more than one row
   * @param sumsAgree whether the hourly sums are those of the rows
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
      double stallSeconds,
      double recoverySeconds) {
    boolean lawful() {
      return lost.isEmpty() && wrong.isEmpty() && doubled.isEmpty() && sumsAgree;
    }
  }

  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private final Path dir;
  private final Path journal;
  private final String database;
  private final Provider provider;
  private RelayProcess relay;
  private StreamLoad load;
  private volatile int port; // by the test's thread, for the clients
  private double longestStall;

  FaultTrial(Path dir, Path journal, String database) throws IOException {
    this.dir = dir;
    this.journal = journal;
    this.database = database;
    provider = new Provider(this::answer);
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

  /** Starts the relay and returns at once; settings are {@code key=value}. */
  void launch(String... settings) throws IOException {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "relay.listen=127.0.0.1:0",
                "relay.loops=2",
                "relay.drain-timeout=2s",
                "admin.listen=127.0.0.1:0",
                "upstream.test.url=" + provider.url(),
                "route.test.path=/",
                "route.test.upstream=test",
                "usage.settle=before-end",
                "usage.settle-timeout=15s",
                "journal.dir=" + journal,
                "store.url=" + database));
    lines.addAll(List.of(settings));
    Path config = Files.write(dir.resolve("relay.properties"), lines);
    relay = new RelayProcess(dir, "serve", config.toString());
  }

  /** Starts the relay and waits until it serves. */
  void start(String... settings) throws IOException {
    launch(settings);
    port = relay.port();
  }

  void kill() throws IOException, InterruptedException {
    port = 0;
    relay.signal("KILL");
    relay.exit();
  }

  /** A status of the admin port. */
  int status(String page) throws IOException, InterruptedException {
    return get(page).statusCode();
  }

  double metric(String name) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("tailtap_" + name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  /** Waits until a page answers so. */
  void await(String page, int status) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
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

  /** Reads the probe, which forgets after a minute or two. */
  void noteStall() throws IOException, InterruptedException {
    longestStall = Math.max(longestStall, metric("loop_stall_seconds_max"));
  }

  /** The fault is over: lets the load end and all rows arrive, and looks at them. */
  Verdict verdict() throws Exception {
    long began = System.nanoTime();
    load.awaitMore(10);
    load.close();
    while (metric("usage_queue_depth") > 0 || metric("usage_in_flight") > 0) {
      if (System.nanoTime() - began > PATIENCE_NANOS) {
        throw new AssertionError("rows still wait\n" + relay.err());
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    double recovery = (System.nanoTime() - began) / 1e9;
    noteStall();
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
        longestStall,
        recovery);
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

  private HttpResponse<String> get(String page) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + relay.adminPort() + page);
    return HTTP.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build(),
        HttpResponse.BodyHandlers.ofString());
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

  private void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    String path = request.line().split(" ", 3)[1];
    asked.add(path);
    int number = StreamLoad.numberOf(path);
    answer.chunkedHead("text/event-stream");
    for (int i = 0; i < 4; i++) {
      answer.chunk("data: {\"id\":\"c-" + number + "\",\"choices\":[]}\n\n");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(number % 8 == 0 ? 60 : 4));
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
    port = 0;
    provider.close();
    if (load != null) {
      load.close();
    }
  }
}
