package dev.tailtap.soak;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.soak.SoakPlan.Fate;
import dev.tailtap.soak.SoakPlan.Framing;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Both ends of a soak: clients that call over and over, each stream after its plan, and the
 * provider. It keeps what each client saw. The numbers go on from one load to the next.
 */
final class SoakLoad implements AutoCloseable {
  enum Saw {
    END,
    CUT,
    ERROR_ANSWER,
    REFUSAL,
    NOTHING,
    LEFT
  }

  private final Map<Integer, Saw> saw = new ConcurrentHashMap<>();
  private final Map<Integer, String> trouble = new ConcurrentHashMap<>();
  private final Set<Integer> asked = ConcurrentHashMap.newKeySet();
  private final AtomicInteger number = new AtomicInteger(1_000);
  private final List<Thread> clients = new ArrayList<>();
  private final Provider provider = new Provider(this::answer);
  private volatile boolean stopped;

  SoakLoad() throws IOException {}

  String providerUrl() {
    return provider.url();
  }

  /** What the clients saw, by the stream's number. */
  Map<Integer, Saw> saw() {
    return saw;
  }

  /** How many streams came to their end. */
  long ended() {
    return saw.values().stream().filter(Saw.END::equals).count();
  }

  /** What those that saw nothing met with instead. */
  Map<Integer, String> trouble() {
    return trouble;
  }

  /** The streams that reached the provider. */
  Set<Integer> asked() {
    return asked;
  }

  void begin(int port, int count) {
    stopped = false;
    for (int i = 0; i < count; i++) {
      Thread client = new Thread(() -> call(port), "soak-" + i);
      client.setDaemon(true);
      clients.add(client);
      client.start();
    }
  }

  /** Lets what is under way end. */
  void end() throws InterruptedException {
    stopped = true;
    for (Thread client : clients) {
      client.join();
    }
    clients.clear();
  }

  @Override
  public void close() throws IOException {
    stopped = true;
    provider.close();
  }

  private void call(int port) {
    while (!stopped) {
      SoakPlan plan = SoakPlan.of(number.incrementAndGet());
      Saw seen;
      try (RawClient client = new RawClient(port)) {
        seen = one(plan, client);
      } catch (IOException e) {
        seen = Saw.NOTHING;
        trouble.put(plan.number(), e.toString());
      }
      saw.put(plan.number(), seen);
    }
  }

  private static Saw one(SoakPlan plan, RawClient client) throws IOException {
    client.send(plan.request());
    if (plan.fate() == Fate.CLIENT_LEAVES) {
      leave(plan, client);
      return Saw.LEFT;
    }
    RawClient.Answer head = client.head();
    if (plan.slow()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1_500)); // the upstream is stopped
    }
    RawClient.Answer answer = client.rest(head);
    if (answer.status() != 200) {
      return answer.status() == 503 ? Saw.REFUSAL : Saw.ERROR_ANSWER;
    }
    return answer.whole() ? Saw.END : Saw.CUT;
  }

  /** At once, after the head, or somewhere in the body; in order or not. */
  private static void leave(SoakPlan plan, RawClient client) throws IOException {
    int moment = plan.breakAt() % 3;
    if (moment == 1) {
      client.head();
    } else if (moment == 2) {
      InputStream in = client.socket().getInputStream();
      in.readNBytes(plan.breakAt() * 50);
    }
    if (plan.number() % 2 == 0) {
      client.leave();
    } else {
      client.reset();
    }
  }

  private void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    SoakPlan plan = SoakPlan.of(SoakPlan.numberOf(request.line()));
    asked.add(plan.number());
    List<String> events = plan.answer();
    boolean chunked = plan.framing() == Framing.CHUNKED || plan.framing() == Framing.HTTP_1_0;
    if (!resets(plan, 0, answer)) {
      head(plan, events, answer);
      for (int i = 0; i < events.size() && !resets(plan, i + 1, answer); i++) {
        if (chunked) {
          answer.chunk(events.get(i));
        } else {
          answer.send(events.get(i));
        }
        if (!plan.slow()) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(plan.number() % 40));
        }
      }
    }
    if (chunked && !answer.closed()) {
      answer.lastChunk();
    } else if (plan.framing() == Framing.UNTIL_CLOSE && !answer.closed()) {
      answer.close();
    }
  }

  private static boolean resets(SoakPlan plan, int event, Provider.Answer answer)
      throws IOException {
    if (plan.fate() == Fate.UPSTREAM_RESETS && plan.breakAt() == event && !answer.closed()) {
      answer.reset();
    }
    return answer.closed();
  }

  private static void head(SoakPlan plan, List<String> events, Provider.Answer answer)
      throws IOException {
    String framing =
        switch (plan.framing()) {
          case CHUNKED, HTTP_1_0 -> "Transfer-Encoding: chunked\r\n";
          case CONTENT_LENGTH ->
              "Content-Length: " + events.stream().mapToInt(String::length).sum() + "\r\n";
          case UNTIL_CLOSE -> "";
        };
    answer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + framing + "\r\n");
  }
}
