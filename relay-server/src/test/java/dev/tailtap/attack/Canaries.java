package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients who have no part in an attack: streams of small events, short calls, and a look at the
 * health port, one after another without end. They and their provider share one thread, so that
 * each event knows when it was sent. What the {@link Control} was late is taken off each wait.
 */
final class Canaries implements AutoCloseable {
  private static final int STREAMS = 8;
  private static final int SHORT_CALLS = 2;
  private static final long BETWEEN_SHORT_CALLS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long BETWEEN_PROBES = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LAST_CALLS_NANOS = Patience.NANOS;

  /** What was seen in one phase. Reactor's thread only. */
  private static final class Seen {
    private long worstWait;
    private String worstKind = "none";
    private double worstAt; // seconds into the phase
    private final long began = System.nanoTime();
    private long worstHealth;
    private int calls;
    private int events;
    private final List<String> failures = new ArrayList<>();

    @Override
    public String toString() {
      return calls
          + " calls, "
          + events
          + " waits, worst "
          + worstWait / 1_000_000
          + " ms ("
          + worstKind
          + String.format(Locale.ROOT, " at %.1f s", worstAt)
          + "), health "
          + worstHealth / 1_000_000
          + " ms";
    }
  }

  private final String key;
  private final Control control = new Control();
  private final Reactor reactor = new Reactor("canaries");
  private final Origin origin = new Origin(reactor, this::script);
  private final Map<Integer, CanaryCall> calls = new HashMap<>();
  private final Set<CanaryCall> underWay = new LinkedHashSet<>();
  private int number;
  private int port;
  private int adminPort;
  private boolean stopping;
  private long probeSince; // 0: no probe is under way
  private Seen seen = new Seen();

  Canaries() throws Exception {
    this("canary");
  }

  /** Who show this key. */
  Canaries(String key) throws Exception {
    this.key = key;
  }

  String key() {
    return key;
  }

  /** Where the relay is to send what comes for {@code /canary}. */
  String url() {
    return origin.url();
  }

  Collection<Integer> reached() {
    return origin.reached();
  }

  /** Begins to call. */
  void start(RelayProcess relay) throws Exception {
    port = relay.port();
    adminPort = relay.adminPort();
    reactor.await(
        () -> {
          for (int i = 0; i < STREAMS; i++) {
            call(CanaryCall.STREAM_EVENTS);
          }
          for (int i = 0; i < SHORT_CALLS; i++) {
            call(0);
          }
          probe();
        });
  }

  /** Begins a new phase; what was seen in the former. */
  Phase phase() throws Exception {
    Phase[] former = new Phase[1];
    reactor.await(
        () -> {
          pending();
          former[0] =
              new Phase(
                  seen.toString(), seen.worstWait, seen.worstHealth, List.copyOf(seen.failures));
          seen = new Seen();
        });
    reactor.check();
    return former[0];
  }

  /** What was seen in a phase. */
  record Phase(String text, long worstWait, long worstHealth, List<String> failures) {}

  /** Lets the calls under way end; those that do not have failed. */
  Phase stop() throws Exception {
    reactor.await(() -> stopping = true);
    long deadline = System.nanoTime() + LAST_CALLS_NANOS;
    while (reactor.connections() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(BETWEEN_PROBES);
      if (idle()) {
        break;
      }
    }
    reactor.await(
        () -> {
          pending();
          List.copyOf(underWay).forEach(call -> call.fail("had not ended at the end"));
        });
    return phase();
  }

  @Override
  public void close() throws IOException {
    reactor.close();
    control.close();
  }

  private boolean idle() throws Exception {
    boolean[] idle = new boolean[1];
    reactor.await(() -> idle[0] = underWay.isEmpty() && probeSince == 0);
    return idle[0];
  }

  /** Those that still wait have waited until now. */
  private void pending() {
    long now = System.nanoTime();
    underWay.forEach(call -> call.pending(now));
    if (probeSince != 0) {
      health(probeSince, now);
    }
  }

  private Origin.Script script(Head request) {
    Origin.Script known = calls.get(Origin.numberOf(request.target()));
    return known == null ? new Origin.Script() {} : known;
  }

  private void call(int events) {
    if (stopping) {
      return;
    }
    int next = ++number;
    CanaryCall call = new CanaryCall(next, events, this);
    calls.put(next, call);
    underWay.add(call);
    reactor.connect(port, call);
  }

  void waited(String kind, long from, long to) {
    long wait = to - from - control.lateNanos(from, to);
    seen.events++;
    if (wait > seen.worstWait) {
      seen.worstWait = wait;
      seen.worstKind = kind;
      seen.worstAt = (to - seen.began) / 1e9;
    }
  }

  void over(CanaryCall call, String failure) {
    if (!underWay.remove(call)) {
      return;
    }
    seen.calls++;
    if (failure != null) {
      seen.failures.add(failure);
    }
    calls.remove(call.number());
    // At once for a stream; a refused one too takes a breath, so that it is no attack by itself.
    boolean atOnce = call.events() > 0 && failure == null;
    reactor.after(atOnce ? 0 : BETWEEN_SHORT_CALLS, () -> call(call.events()));
  }

  private void health(long from, long to) {
    seen.worstHealth = Math.max(seen.worstHealth, to - from - control.lateNanos(from, to));
  }

  private void probe() {
    if (!stopping) {
      probeSince = System.nanoTime();
      reactor.connect(adminPort, new Probe());
    }
  }

  /** One question to the health port. */
  private final class Probe implements Part {
    private final StringBuilder answer = new StringBuilder();
    private boolean done;

    @Override
    public void opened(Wire wire) {
      wire.write("GET /healthz HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");
    }

    @Override
    public void received(Wire wire, ByteBuffer bytes) {
      answer.append(CanaryCall.text(bytes));
      if (answer.indexOf("\r\n\r\n") > 0) {
        done(wire);
      }
    }

    @Override
    public void ended(Wire wire) {
      done(wire);
    }

    private void done(Wire wire) {
      if (done) {
        return;
      }
      done = true;
      health(probeSince, System.nanoTime());
      probeSince = 0;
      if (!answer.toString().startsWith("HTTP/1.1 200")) {
        seen.failures.add("/healthz answered " + answer.toString().split("\r", 2)[0]);
      }
      wire.close();
      reactor.after(BETWEEN_PROBES, Canaries.this::probe);
    }
  }
}
