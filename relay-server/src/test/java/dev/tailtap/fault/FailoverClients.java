package dev.tailtap.fault;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * Clients that stream one answer after the other, each on a path of its own, and look at every byte
 * of it. What they know of a call is worked out from its number and the name of the upstream that
 * served it.
 */
final class FailoverClients implements AutoCloseable {
  /**
   * A call that ended well.
   *
   * @param headNanos once the head of its answer was read
   */
  record Call(String path, String upstream, long sentNanos, long headNanos) {}

  static final String PREFIX = "/hour";

  private static final String SUFFIX = "/v1/chat/completions";
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int EVENTS = 8;
  private static final int LARGE = 20_000;
  private static final int COMPLETION_TOKENS = 100; // of the upstream a

  private final AtomicInteger number = new AtomicInteger();
  private final Map<String, Call> served = new ConcurrentHashMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private final IntSupplier port;
  private final AtomicLongArray waiting; // for a head, since when; 0: for none
  private volatile boolean stopped;

  /**
   * Starts them.
   *
   * @param port where the relay is at present; 0: nowhere
   */
  FailoverClients(int count, IntSupplier port) {
    this.port = port;
    waiting = new AtomicLongArray(count);
    for (int i = 0; i < count; i++) {
      int client = i;
      Thread thread = new Thread(() -> call(client), "client-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  static int numberOf(String path) {
    return Integer.parseInt(path.split("/", 4)[2]);
  }

  /** What a call sends; now and then it is large. */
  static String body(int number) {
    String pad = number % 7 == 0 ? "x".repeat(LARGE) : "";
    return "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"user\":\""
        + number
        + pad
        + "\"}";
  }

  /** What an upstream answers. */
  static List<String> events(int number, String upstream) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      events.add(
          "data: {\"id\":\"c-%d\",\"choices\":[{\"delta\":{\"content\":\"%s %d\"}}]}\n\n"
              .formatted(number, upstream, i));
    }
    int tokens = completionTokens(upstream);
    events.add(
        "data: {\"id\":\"c-%d\",\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n"
            .formatted(number, number, tokens, number + tokens));
    events.add("data: [DONE]\n\n");
    return events;
  }

  /** Each upstream has its own number. */
  static int completionTokens(String upstream) {
    return COMPLETION_TOKENS + upstream.charAt(0) - 'a';
  }

  /** The calls that ended well, by path. */
  Map<String, Call> served() {
    return served;
  }

  /** What became of the others. */
  Queue<String> failures() {
    return failures;
  }

  /** Waits until every client that waits for a head has sent its request since now. */
  void awaitAllSentSinceNow() {
    long now = System.nanoTime();
    for (int i = 0; i < waiting.length(); i++) {
      int client = i;
      await(
          () -> waiting.get(client) != 0 && waiting.get(client) - now <= 0 ? 0 : 1,
          1,
          "no end of a call");
    }
  }

  /** Waits until so many more calls have ended well that an upstream served; null: any. */
  void awaitMore(int calls, String upstream) {
    int wanted = count(upstream) + calls;
    await(() -> count(upstream), wanted, "calls that end well, of " + upstream);
  }

  private int count(String upstream) {
    if (upstream == null) {
      return served.size();
    }
    return (int) served.values().stream().filter(each -> each.upstream().equals(upstream)).count();
  }

  private void await(IntSupplier figure, int wanted, String what) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (figure.getAsInt() < wanted) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(what + ": " + figure.getAsInt() + ", not " + wanted + failures);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Lets the calls under way end. */
  void end() {
    stopped = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end();
  }

  private void call(int client) {
    while (!stopped) {
      int at = port.getAsInt();
      if (at == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
        continue;
      }
      try (RawClient connection = new RawClient(at)) {
        boolean well = true;
        while (!stopped && well) {
          well = one(client, connection);
        }
      } catch (IOException | NumberFormatException broken) {
        failures.add(broken.toString());
        LockSupport.parkNanos(PAUSE_NANOS);
      } finally {
        waiting.set(client, 0);
      }
    }
  }

  private boolean one(int client, RawClient connection) throws IOException {
    int own = number.incrementAndGet();
    String path = PREFIX + "/" + own + SUFFIX;
    long sent = System.nanoTime();
    waiting.set(client, sent);
    RawClient.Answer head = connection.post(path, body(own)).head();
    long headNanos = System.nanoTime();
    waiting.set(client, 0);
    RawClient.Answer answer = connection.rest(head);
    for (String upstream : FailoverHour.NAMES) {
      if (answer.status() == 200
          && answer.whole()
          && answer.text().equals(String.join("", events(own, upstream)))) {
        served.put(path, new Call(path, upstream, sent, headNanos));
        return true;
      }
    }
    failures.add(path + " got " + answer.status() + ", " + answer.whole() + ": " + answer.text());
    return false;
  }
}
