package dev.tailtap.admin;

import com.sun.net.httpserver.HttpServer;
import dev.tailtap.config.AdminConfig;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The second port: health, metrics, figures. It runs on the JDK's HTTP server and a few threads of
 * its own, away from the event loops, because reading the database blocks. A slow database takes
 * two of these threads at most, and a client that sends or reads slowly takes one for some seconds,
 * so that health is answered as long as fewer than {@link #THREADS} such clients are there.
 */
public final class AdminServer implements AutoCloseable {
  /** Each is made when it is needed, and ends when it is not. */
  private static final int THREADS = 48;

  private static final int WAITING = 64;

  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  private AdminServer(HttpServer server, ThreadPoolExecutor threads) {
    this.server = server;
    this.threads = threads;
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
    ThreadPoolExecutor threads = threads();
    Endpoints endpoints = new Endpoints(admitting, new MetricsPage(stats), concurrency, reads);
    server.createContext("/", new Reception(config, endpoints));
    server.setExecutor(threads);
    server.start();
    return new AdminServer(server, threads);
  }

  /** The port that it listens on, also where the settings say 0. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static ThreadPoolExecutor threads() {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "admin-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
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
