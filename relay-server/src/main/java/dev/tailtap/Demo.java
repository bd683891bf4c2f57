package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.demo.DemoCall;
import dev.tailtap.demo.DemoProvider;
import dev.tailtap.demo.DemoRow;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The demo: the bundled provider and a whole relay before it, one call of each dialect with the row
 * that it became, and then both go on serving until closed.
 */
final class Demo implements Running {
  private static final Duration TOKEN_PACE = Duration.ofMillis(30);

  private final DemoProvider provider;
  private final Relay relay;

  private Demo(DemoProvider provider, Relay relay) {
    this.provider = provider;
    this.relay = relay;
  }

  /** Starts both. */
  static Demo start(RelayConfig config, PrintStream out) throws IOException {
    UpstreamConfig upstream = config.upstreams().values().iterator().next();
    out.println("Starting the provider, the relay and its PostgreSQL ...");
    Relay relay = Relay.start(config);
    DemoProvider provider;
    try {
      provider = DemoProvider.open(upstream.port(), TOKEN_PACE);
    } catch (IOException e) {
      relay.close();
      throw e;
    }
    return new Demo(provider, relay);
  }

  /** For each port of the configuration that is taken, a setting that moves it to a free one. */
  static Map<String, String> freePorts(RelayConfig config) throws IOException {
    UpstreamConfig upstream = config.upstreams().values().iterator().next();
    Map<String, String> moves = new LinkedHashMap<>();
    move(moves, "relay.listen", config.server().listen(), "");
    move(moves, "admin.listen", config.admin().listen(), "");
    InetSocketAddress provider = new InetSocketAddress(upstream.url().getHost(), upstream.port());
    move(moves, "upstream." + upstream.name() + ".url", provider, "http://");
    return moves;
  }

  @Override
  public void cut() {
    relay.cut();
  }

  @Override
  public void close() {
    relay.close();
    provider.close();
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
    DemoRow rows = new DemoRow(client, adminUri);
    for (DemoCall call : DemoCall.all()) {
      out.println();
      out.println("== " + call.title());
      long before = rows.count();
      call.print(client, relayUri, out);
      out.println("  row: " + rows.next(before));
    }
    out.println();
    out.println("Try it yourself:");
    for (DemoCall call : DemoCall.all()) {
      out.println("  " + call.curl(relayUri));
    }
    out.println("  curl '" + adminUri.resolve("/stats?by=model") + "'");
    out.println("  curl '" + adminUri.resolve("/records?limit=4") + "'");
    out.println("  " + relay.databaseDescription());
    out.println("The provider itself is at http://127.0.0.1:" + provider.port());
    out.println();
    out.println("Serving until Ctrl-C.");
    out.flush();
  }
}
