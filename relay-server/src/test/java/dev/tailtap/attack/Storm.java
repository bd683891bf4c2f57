package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many connections at once whose both sides are random, by one seed: as soon as one ends, the next
 * begins. It keeps what went wrong with calls in which nobody did anything wrong.
 */
final class Storm implements AutoCloseable {
  /** What went wrong with an honest call. */
  record Problem(int number, String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  /** Else it is part of a build, which may run on a busy machine: no time is asserted. */
  static final boolean WHOLE = System.getProperty("tailtap.storm.seconds") != null;

  private static final int CALLS = 4;
  private static final int MOST_PROBLEMS = 20;

  private final long seed;
  private final Reactor reactor = new Reactor("storm");
  private final Origin origin = new Origin(reactor, this::script);
  private final List<Problem> problems = Collections.synchronizedList(new ArrayList<>());
  private final Set<Integer> asked = new HashSet<>(); // the reactor's
  private final AtomicInteger exact = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger under = new AtomicInteger();
  private int connections; // the reactor's
  private int port;
  private volatile boolean stopping;

  Storm(long seed) throws Exception {
    this.seed = seed;
  }

  String url() {
    return origin.url();
  }

  /** The numbers of the calls that reached the provider, some more than once. */
  Collection<Integer> reached() {
    return origin.reached();
  }

  /** Keeps so many connections until it is stopped. */
  void begin(int relayPort, int parallel) throws Exception {
    port = relayPort;
    reactor.await(
        () -> {
          for (int i = 0; i < parallel; i++) {
            next();
          }
        });
  }

  /** Begins no more. */
  void stop() {
    stopping = true;
  }

  /** Connections that have not ended. */
  int underWay() {
    reactor.check();
    return under.get();
  }

  /** Ends those that do not end by themselves. */
  void cut() {
    reactor.closeAll();
  }

  List<Problem> problems() {
    return List.copyOf(problems);
  }

  /** Honest calls whose bytes were right on both sides. */
  int exactCalls() {
    return exact.get();
  }

  /** Honest calls that the relay answered by itself. */
  int refusedCalls() {
    return refused.get();
  }

  @Override
  public void close() throws IOException {
    reactor.close();
  }

  private Origin.Script script(Head request) {
    return new StormOrigin(new StormPlan(seed, Origin.numberOf(request.target())), this);
  }

  private void next() {
    int connection = connections++;
    Random random = new Random(StormPlan.mix(~seed, connection));
    int count = 1 + random.nextInt(CALLS);
    List<StormPlan> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(new StormPlan(seed, connection * CALLS + i));
    }
    under.incrementAndGet();
    reactor.connect(port, new StormClient(this, random, calls));
  }

  // What the two sides tell. Reactor's thread.

  void left() {
    under.decrementAndGet();
    if (!stopping) {
      reactor.after(0, this::next);
    }
  }

  void problem(StormPlan plan, String what) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new Problem(plan.number(), what + " (" + plan + ")"));
    }
  }

  void refused(StormPlan plan, int status, boolean afterOthers) {
    if (afterOthers) {
      return; // a call before it went wrong on purpose
    }
    refused.incrementAndGet();
    boolean late = status == 504 && !WHOLE; // it waited for a provider, which is we
    if (status != 503 && status != 429 && !late) {
      problem(plan, "its client got the relay's own status " + status);
    }
  }

  void exact() {
    exact.incrementAndGet();
  }

  void asked(int number) {
    asked.add(number);
  }

  boolean wasAsked(int number) {
    return asked.contains(number);
  }
}
