package dev.tailtap.admin;

import com.sun.net.httpserver.HttpServer;
import dev.tailtap.config.AdminConfig;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The second port: health, metrics, figures. It runs on the JDK's HTTP server and a few threads of
 * its own, away from the event loops, because reading the database blocks. A slow database takes
 * two of these threads at most; one whose client sends slowly is taken back when it is needed.
 */
public final class AdminServer implements AutoCloseable {
  private final HttpServer server;
  private final Callers callers;

  private AdminServer(HttpServer server, Callers callers) {
    this.server = server;
    this.callers = callers;
  }

  /**
   * Listens and serves until closed.
   *
   * @param admitting whether the relay takes new requests
   * @param concurrency asked at each call of {@code /concurrency}
   * @throws IOException if the address cannot be had
   */
  public static AdminServer open(
      AdminConfig config,
      Stats stats,
      BooleanSupplier admitting,
      Supplier<Concurrency> concurrency,
      UsageReads reads)
      throws IOException {
    boundRequests();
    HttpServer server = HttpServer.create(config.listen(), 0);
    Callers callers = new Callers();
    Endpoints endpoints = new Endpoints(admitting, new MetricsPage(stats), concurrency, reads);
    server.createContext("/", new Reception(config, endpoints, callers));
    server.setExecutor(callers);
    server.start();
    return new AdminServer(server, callers);
  }

  /** The port that it listens on, also where the settings say 0. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    callers.close();
  }

  /**
   * The JDK's server takes its limits from system properties, once in the life of a process; what
   * the operator set stays. Seconds, bytes, connections.
   */
  private static void boundRequests() {
    Limit[] limits = {
      new Limit("sun.net.httpserver.maxReqTime", "5"),
      new Limit("sun.net.httpserver.maxRspTime", "30"),
      new Limit("sun.net.httpserver.idleInterval", "30"),
      new Limit("sun.net.httpserver.drainAmount", "65536"),
      new Limit("sun.net.httpserver.maxReqHeaderSize", "32768"),
      new Limit("sun.net.httpserver.nodelay", "true"),
      new Limit("jdk.httpserver.maxConnections", "256"),
    };
    for (Limit limit : limits) {
      if (System.getProperty(limit.property()) == null) {
        System.setProperty(limit.property(), limit.value());
      }
    }
  }

  private record Limit(String property, String value) {}
}
