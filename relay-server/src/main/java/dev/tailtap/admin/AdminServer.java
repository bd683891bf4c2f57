package dev.tailtap.admin;

import com.sun.net.httpserver.HttpServer;
import dev.tailtap.config.AdminConfig;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.UsageReads;
import java.io.IOException;
import java.util.function.Supplier;

/**
 * The second port: health, metrics, figures. It runs on the JDK's HTTP server and a few threads of
 * its own, away from the event loops, because reading the database blocks. A slow database takes
 * two of these threads at most; one whose client sends slowly is taken back when it is needed.
 */
public final class AdminServer implements AutoCloseable {
  private final AdminConfig config;
  private final HttpServer server;
  private final AdminThreads threads = new AdminThreads();
  private boolean serving; // by whoever opens and closes it: one thread at a time

  private AdminServer(AdminConfig config, HttpServer server) {
    this.config = config;
    this.server = server;
  }

  /**
   * Claims the address. Who connects waits until {@link #serve}. The limits of the JDK's server are
   * the process's, see {@code jvm.ProcessProperties}.
   *
   * @throws IOException if the address cannot be had; the message says what to do
   */
  public static AdminServer bind(AdminConfig config) throws IOException {
    try {
      return new AdminServer(config, HttpServer.create(config.listen(), 0));
    } catch (IOException taken) {
      String wanted = config.listen().getHostString() + ":" + config.listen().getPort();
      throw new IOException(
          "admin.listen=" + wanted + ": " + taken.getMessage() + "; choose another", taken);
    }
  }

  /**
   * Serves until closed.
   *
   * @param readiness whether the relay takes new requests
   * @param concurrency asked at each call of {@code /concurrency}
   * @param upstreams asked at each call of {@code /upstreams}
   */
  public void serve(
      Stats stats,
      Supplier<Readiness> readiness,
      Supplier<Concurrency> concurrency,
      Supplier<UpstreamStates> upstreams,
      UsageReads reads) {
    Endpoints endpoints =
        new Endpoints(readiness, new MetricsPage(stats), concurrency, upstreams, reads);
    server.createContext("/", new AdminHandler(config, endpoints, threads));
    server.setExecutor(threads);
    server.start();
    serving = true;
  }

  /** The port that it listens on, also where the settings say 0. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    if (!serving) {
      server.start(); // one that never started does not stop
    }
    server.stop(0);
    threads.close();
  }
}
