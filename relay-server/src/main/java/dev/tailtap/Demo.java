package dev.tailtap;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.config.file.LoadedConfig;
import dev.tailtap.demo.DemoCall;
import dev.tailtap.demo.DemoProvider;
import dev.tailtap.demo.DemoRows;
import dev.tailtap.prices.PricesCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The demo: two bundled providers and a whole relay before them, one call of each dialect with the
 * row that it became, one that a dying provider leaves to the other, and then all go on serving
 * until closed.
 */
final class Demo implements Running {
  private static final Duration TOKEN_PACE = Duration.ofMillis(30);

  /** Made up, as the models are. */
  private static final String PRICES =
      """
      model,input,output,cache_read,cache_write,source
      %,1.25,10,0.125,1.5,demo
      """;

  /** The upstream whose provider dies, and the route on which another takes its place. */
  private static final String MORTAL = "mortal";

  private final Map<String, DemoProvider> providers;
  private final Relay relay;

  private Demo(Map<String, DemoProvider> providers, Relay relay) {
    this.providers = providers;
    this.relay = relay;
  }

  /** Starts a provider for each upstream, and the relay. */
  static Demo start(ConfigFile file, LoadedConfig loaded, PrintStream out) throws IOException {
    RelayConfig config = loaded.config();
    out.println("Starting the providers, the relay and its PostgreSQL ...");
    Demo demo = new Demo(new LinkedHashMap<>(), Relay.start(file, loaded));
    try {
      takePrices(config, out);
      for (UpstreamConfig upstream : config.upstreams().values()) {
        demo.providers.put(upstream.name(), DemoProvider.open(upstream.port(), TOKEN_PACE));
      }
    } catch (IOException e) {
      demo.close();
      throw e;
    }
    return demo;
  }

  /** As {@code prices import} does. */
  private static void takePrices(RelayConfig config, PrintStream out) throws IOException {
    Path file = Files.createTempFile("demo-prices", ".csv");
    try (PrintStream unsaid = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8)) {
      Files.writeString(file, PRICES);
      Map<String, String> options = Map.of("apply", "true", "correct", "true");
      new Accounts(config, unsaid, out).prices(PricesCommand.of(file, options));
    } finally {
      Files.delete(file);
    }
  }

  /** For each port of the configuration that is taken, a setting that moves it to a free one. */
  static Map<String, String> freePorts(RelayConfig config) throws IOException {
    Map<String, String> moves = new LinkedHashMap<>();
    move(moves, "relay.listen", config.server().listen(), "");
    move(moves, "admin.listen", config.admin().listen(), "");
    for (UpstreamConfig upstream : config.upstreams().values()) {
      InetSocketAddress provider = new InetSocketAddress(upstream.url().getHost(), upstream.port());
      move(moves, UpstreamConfig.URL.key(upstream.name()), provider, "http://");
    }
    return moves;
  }

  @Override
  public void cut() {
    relay.cut();
  }

  @Override
  public Duration drainTime() {
    return relay.drainTime();
  }

  @Override
  public void drain() {
    relay.drain();
  }

  @Override
  public void reload(String by) {
    relay.reload(by);
  }

  @Override
  public void close() {
    relay.close();
    providers.values().forEach(DemoProvider::close);
  }

  private static void move(
      Map<String, String> moves, String key, InetSocketAddress address, String prefix)
      throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    } catch (IOException taken) {
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        moves.put(key, prefix + "127.0.0.1:" + free.getLocalPort());
      }
    }
  }

  /** Makes the calls, and prints what came of them. */
  void show(PrintStream out) throws IOException, InterruptedException {
    URI relayUri = URI.create("http://127.0.0.1:" + relay.port());
    URI adminUri = URI.create("http://127.0.0.1:" + relay.adminPort());
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    DemoRows rows = new DemoRows(client, adminUri);
    for (DemoCall call : DemoCall.all()) {
      out.println();
      out.println("== " + call.title());
      long before = rows.count();
      BigDecimal costBefore = rows.cost();
      call.print(client, relayUri, out);
      out.println("  row: " + rows.next(before, 1, DemoRows.OF_A_CALL).get(0));
      BigDecimal cost = rows.cost().subtract(costBefore);
      out.println("  cost: " + cost.stripTrailingZeros().toPlainString() + " USD");
    }
    if (providers.containsKey(MORTAL)) {
      showFailover(client, relayUri, rows, out);
    }
    out.println();
    out.println("Try it yourself:");
    for (DemoCall call : DemoCall.all()) {
      out.println("  " + call.curl(relayUri));
    }
    for (String page : List.of("/stats?by=model", "/records?limit=7", "/upstreams")) {
      out.println("  curl '" + adminUri.resolve(page) + "'");
    }
    out.println("  In a browser: " + adminUri.resolve("/"));
    out.println("  " + relay.databaseDescription());
    providers.forEach(
        (upstream, provider) ->
            out.println("The provider \"" + upstream + "\" itself is at " + provider.url()));
    out.println();
    out.println("Serving until Ctrl-C.");
    out.flush();
  }

  /** One call while the first provider of its route is dead, and one when it is back. */
  private void showFailover(HttpClient client, URI relayUri, DemoRows rows, PrintStream out)
      throws IOException, InterruptedException {
    DemoCall call = DemoCall.all().get(0).below("/" + MORTAL);
    out.println();
    out.println("== A route of two providers, of which the first has died: it answers 503");
    providers.get(MORTAL).die();
    showTries(call, 2, client, relayUri, rows, out);
    out.println();
    out.println("== It is back, and asked again");
    providers.get(MORTAL).recover();
    showTries(call, 1, client, relayUri, rows, out);
  }

  private static void showTries(
      DemoCall call, int tries, HttpClient client, URI relayUri, DemoRows rows, PrintStream out)
      throws IOException, InterruptedException {
    long before = rows.count();
    call.print(client, relayUri, out);
    rows.next(before, tries, DemoRows.OF_A_TRY).forEach(row -> out.println("  row: " + row));
  }
}
