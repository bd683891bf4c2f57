package dev.tailtap.rig;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * Clients that call over and over, every call on a path of its own, so that its row can be told
 * from all others. It keeps what they saw: which calls came to their proper end. A relay that is
 * away is tried again until it is back.
 */
public final class StreamLoad implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final String BODY =
      "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";

  private final Set<String> finished = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();
  private final List<Thread> clients = new ArrayList<>();
  private final IntSupplier port;
  private final String prefix;
  private final String suffix;
  private volatile boolean stopped;

  /**
   * Starts it.
   *
   * @param port where the relay is at present; 0: nowhere
   * @param prefix of all paths, with which the provider chooses what to answer
   * @param padding further length of a path, which makes records large
   */
  public StreamLoad(int clients, IntSupplier port, String prefix, int padding) {
    this.port = port;
    this.prefix = prefix;
    suffix = "/" + "x".repeat(padding) + "/v1/chat/completions";
    for (int i = 0; i < clients; i++) {
      Thread client = new Thread(this::call, "client-" + i);
      client.setDaemon(true);
      this.clients.add(client);
      client.start();
    }
  }

  /** The number in the path of a call. */
  public static int numberOf(String path) {
    return Integer.parseInt(path.split("/", 4)[2]);
  }

  public String prefix() {
    return prefix;
  }

  /** Paths of the calls whose client saw the proper end. */
  public Set<String> finished() {
    return finished;
  }

  /** How many calls the relay answered itself. */
  public int refused() {
    return refused.get();
  }

  /** Waits until so many more calls have ended well. */
  public void awaitMore(int calls) {
    int wanted = finished.size() + calls;
    long deadline = System.nanoTime() + Patience.NANOS;
    while (finished.size() < wanted) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("streams do not flow: " + finished.size() + " of " + wanted);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Waits until the relay has answered so many calls itself. */
  public void awaitRefused(int calls) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (refused.get() < calls) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("calls are still admitted: " + refused.get() + " were not");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Lets the calls under way end. */
  @Override
  public void close() {
    stopped = true;
    try {
      for (Thread client : clients) {
        client.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void call() {
    while (!stopped) {
      int at = port.getAsInt();
      if (at == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
        continue;
      }
      try (RawClient client = new RawClient(at)) {
        while (!stopped && one(client)) {
          // the next one on the same connection
        }
      } catch (IOException | NumberFormatException away) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /** One call more on a connection of its own; whether the relay admitted it. */
  public boolean admitsOne() throws IOException {
    try (RawClient client = new RawClient(port.getAsInt())) {
      return ask(client).status() == 200;
    }
  }

  private boolean one(RawClient client) throws IOException {
    RawClient.Answer answer = ask(client);
    if (answer.status() != 200) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return answer.status() == 200 && answer.whole();
  }

  private RawClient.Answer ask(RawClient client) throws IOException {
    String path = prefix + "/" + NUMBER.incrementAndGet() + suffix;
    RawClient.Answer answer = client.post(path, BODY).answer();
    if (answer.status() != 200) {
      refused.incrementAndGet();
    } else if (answer.whole() && answer.text().endsWith("data: [DONE]\n\n")) {
      finished.add(path);
    }
    return answer;
  }
}
