package dev.tailtap.rig;

import dev.tailtap.Relay;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.config.file.LoadedConfig;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.usage.Dialect;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A whole relay in front of one provider, configured as an operator would, with its rows. */
public final class RelayRig implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Map<String, String> entries; // of its file
  private final Path path;
  private final RelayConfig config;
  private final Relay relay;
  private final String database;
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * Starts it.
   *
   * @param settings pairs of key and value, over the rig's own
   */
  public RelayRig(String providerUrl, String... settings) throws IOException, ConfigException {
    this(TestPostgres.freshDatabase(), providerUrl, settings);
  }

  private RelayRig(String database, String providerUrl, String... settings)
      throws IOException, ConfigException {
    this.database = database;
    path = Files.createTempDirectory("tailtap-test").resolve("relay.properties");
    entries = entries(path.getParent(), database, providerUrl);
    set(settings);
    ConfigFile file = new ConfigFile(path, Map.of(), Map.of(), Dialect.configNames());
    LoadedConfig loaded = file.read();
    config = loaded.config();
    relay = Relay.start(file, loaded);
  }

  /** The same with a database of the caller's, which may not be there. */
  public static RelayRig on(String database, String providerUrl, String... settings)
      throws IOException, ConfigException {
    return new RelayRig(database, providerUrl, settings);
  }

  public RelayConfig config() {
    return config;
  }

  public Relay relay() {
    return relay;
  }

  /** Its file. */
  public Path path() {
    return path;
  }

  /**
   * Writes its file anew.
   *
   * @param settings pairs of key and value, over those that it has; null: it has none
   */
  public void set(String... settings) throws IOException {
    for (int i = 0; i < settings.length; i += 2) {
      entries.remove(settings[i]);
      if (settings[i + 1] != null) {
        entries.put(settings[i], settings[i + 1]);
      }
    }
    StringBuilder lines = new StringBuilder();
    entries.forEach(
        (key, value) ->
            lines
                .append(key.replaceAll("[\\\\:= ]", "\\\\$0"))
                .append('=')
                .append(value.replace("\\", "\\\\"))
                .append('\n'));
    Files.writeString(path, lines);
  }

  /** Has it read its file again, as somebody with this token. */
  public HttpResponse<String> reload(String token) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + relay.adminPort() + "/reload");
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Authorization", "Bearer " + token)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** The same with other settings, which it has to take. */
  public String reload(String... settings) throws IOException, InterruptedException {
    set(settings);
    HttpResponse<String> answer = reload("");
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.body());
    }
    return answer.body();
  }

  public RawClient client() throws IOException {
    return new RawClient(relay.port());
  }

  public String url() {
    return "http://127.0.0.1:" + relay.port();
  }

  /** The body of a page of the admin port. */
  public String admin(String path) throws IOException, InterruptedException {
    return adminAnswer(path).body();
  }

  /** Whether anything was counted under a name and labels that have this text. */
  public boolean counted(String text) throws IOException, InterruptedException {
    return admin("/metrics")
        .lines()
        .anyMatch(line -> line.contains(text) && !line.startsWith("#") && !line.endsWith(" 0.0"));
  }

  public HttpResponse<String> adminAnswer(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + relay.adminPort() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Waits until the metrics page has this line. */
  public void awaitMetric(String line) throws IOException, InterruptedException {
    awaitPage(page -> page.lines().anyMatch(line::equals), "no line " + line);
  }

  /** Waits until more waits for clients than one turn brings: the kernel did not take a write. */
  public void awaitBacklog() throws IOException, InterruptedException {
    awaitPage(page -> backlog(page) > LoopPool.Bounds.MOST_READ, "all that comes is sent on");
  }

  private void awaitPage(Predicate<String> wanted, String otherwise)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Patience.NANOS;
    String page = admin("/metrics");
    while (!wanted.test(page)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(otherwise + " in\n" + page);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      page = admin("/metrics");
    }
  }

  private static double backlog(String page) {
    return page.lines()
        .filter(line -> line.startsWith("tailtap_client_backlog_bytes "))
        .mapToDouble(line -> Double.parseDouble(line.split(" ", 2)[1]))
        .sum();
  }

  /** All rows, oldest first, once there are at least so many. */
  public List<Map<String, Object>> rows(int atLeast) throws SQLException {
    return rowsUnder("", atLeast);
  }

  /** The rows whose path begins so, oldest first, once there are at least so many. */
  public List<Map<String, Object>> rowsUnder(String path, int atLeast) throws SQLException {
    long deadline = System.nanoTime() + Patience.NANOS;
    try (Connection connection = DriverManager.getConnection(database)) {
      List<Map<String, Object>> rows = written(connection, path);
      while (rows.size() < atLeast) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("there are " + rows.size() + " rows of " + atLeast);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        rows = written(connection, path);
      }
      return rows;
    }
  }

  private static List<Map<String, Object>> written(Connection connection, String path)
      throws SQLException {
    try {
      return query(
          connection,
          "select * from usage_record where starts_with(path, '"
              + path
              + "') order by started_at, id");
    } catch (SQLException e) {
      if (e.getSQLState().equals("42P01")) {
        return List.of(); // the relay has not come to make its tables yet
      }
      throw e;
    }
  }

  /** The only row. */
  public Map<String, Object> row() throws SQLException {
    List<Map<String, Object>> rows = rows(1);
    if (rows.size() != 1) {
      throw new AssertionError("there are " + rows.size() + " rows: " + rows);
    }
    return rows.get(0);
  }

  public List<Map<String, Object>> query(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database)) {
      return query(connection, sql);
    }
  }

  private static List<Map<String, Object>> query(Connection connection, String sql)
      throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<Map<String, Object>> rows = new ArrayList<>();
      while (result.next()) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.put(result.getMetaData().getColumnName(i), result.getObject(i));
        }
        rows.add(row);
      }
      return rows;
    }
  }

  @Override
  public void close() {
    relay.close();
  }

  private static Map<String, String> entries(Path dir, String database, String providerUrl) {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("relay.listen", "127.0.0.1:0");
    entries.put("relay.loops", "2");
    entries.put("relay.drain-timeout", "2s");
    entries.put("admin.listen", "127.0.0.1:0");
    entries.put("upstream.test.url", providerUrl);
    entries.put("route.test.path", "/");
    entries.put("route.test.upstream", "test");
    entries.put("journal.dir", dir.resolve("journal").toString());
    entries.put("store.dir", dir.resolve("postgres").toString());
    entries.put("store.url", database);
    entries.put("store.batch-wait", "20ms");
    // A test that is about a limit of time sets it; no other is to meet one on a busy machine.
    for (String limit : List.of("request-stall", "request-time", "head-timeout")) {
      entries.put("limits." + limit, "1h");
    }
    for (String limit : List.of("client-idle", "write-stall", "tls-handshake")) {
      entries.put("limits." + limit, "1h");
    }
    entries.put("upstream.test.connect-timeout", "1m");
    entries.put("usage.drain-time", "1h");
    entries.put("usage.settle-timeout", "1m");
    return entries;
  }
}
