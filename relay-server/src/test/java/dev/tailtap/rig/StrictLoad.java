package dev.tailtap.rig;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that call over and over, one call after the other on one connection as long as the
 * answers let them, and to whom nothing but a whole answer is good: each other thing is kept as a
 * failure.
 */
public final class StrictLoad implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final String BODY =
      "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";

  private final List<Thread> clients = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong calls = new AtomicLong();
  private final int port;
  private final String end;
  private volatile boolean stopped;

  /**
   * Starts it.
   *
   * @param end with which each answer ends
   */
  public StrictLoad(int clients, int port, String end) {
    this.port = port;
    this.end = end;
    for (int i = 0; i < clients; i++) {
      Thread client = new Thread(null, this::run, "client-" + i, 256 << 10);
      client.setDaemon(true);
      this.clients.add(client);
      client.start();
    }
  }

  /** Calls that ended well. */
  public long calls() {
    return calls.get();
  }

  public List<String> failures() {
    return List.copyOf(failures);
  }

  /** Waits until so many more calls have ended well. */
  public void awaitMore(int more) {
    long wanted = calls.get() + more;
    long deadline = System.nanoTime() + Patience.NANOS;
    while (calls.get() < wanted && failures.isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("calls do not end: " + calls + " of " + wanted);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Override
  public void close() {
    end();
  }

  /** Lets the calls under way end, and begins none. */
  public void end() {
    stopped = true;
    try {
      for (Thread client : clients) {
        client.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopped) {
      try (RawClient client = new RawClient(port)) {
        while (!stopped && one(client)) {
          // the next one on the same connection
        }
      } catch (IOException | RuntimeException failure) {
        failures.add(failure.toString());
        return;
      }
    }
  }

  /** Whether the connection may be used once more. */
  private boolean one(RawClient client) throws IOException {
    RawClient.Answer answer = client.post("/v1/chat/completions", BODY).answer();
    if (answer.status() != 200 || !answer.whole() || !answer.text().endsWith(end)) {
      throw new IOException(answer.status() + " " + answer.whole() + " " + answer.text());
    }
    calls.getAndIncrement();
    return !"close".equals(answer.fields().get("connection"));
  }
}
