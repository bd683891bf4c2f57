package dev.tailtap.demo;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A provider for trying out: it speaks four dialects at the pace of tokens, on a loopback address,
 * without key, network or model. The same question gets the same bytes, so that an answer through
 * the relay can be compared with one past it. One thread for each request under way.
 */
public final class DemoProvider implements AutoCloseable {
  private final HttpServer server;
  private final DemoCalls calls;
  private final ExecutorService threads;
  private final CountDownLatch closing;

  private DemoProvider(
      HttpServer server, DemoCalls calls, ExecutorService threads, CountDownLatch closing) {
    this.server = server;
    this.calls = calls;
    this.threads = threads;
    this.closing = closing;
  }

  /**
   * Listens and answers until closed.
   *
   * @param port 0: any that is free
   * @param pace the time before each event of a stream; zero: none
   */
  public static DemoProvider open(int port, Duration pace) throws IOException {
    InetSocketAddress listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    HttpServer server = HttpServer.create(listen, 0);
    ExecutorService threads = Executors.newCachedThreadPool(DemoProvider::daemon);
    CountDownLatch closing = new CountDownLatch(1);
    DemoCalls calls = new DemoCalls(pace, closing);
    server.createContext("/", calls);
    server.setExecutor(threads);
    server.start();
    return new DemoProvider(server, calls, threads, closing);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** What {@code upstream.NAME.url} takes. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** Dies: until it recovers it answers each call 503, as one does that has no capacity. */
  public void die() {
    calls.down(true);
  }

  /** Answers again. */
  public void recover() {
    calls.down(false);
  }

  /** Cuts the streams that are under way. */
  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "demo-provider");
    thread.setDaemon(true);
    return thread;
  }
}
