package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import dev.tailtap.rig.RelayProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** Where an attack takes place: a relay, an attackers' reactor, and a provider that helps them. */
final class Ground implements AutoCloseable {
  /** The whole of each attack, not only the short form for the build. */
  static final boolean WHOLE = System.getProperty("tailtap.attack") != null;

  private static final int SECONDS = Integer.getInteger("tailtap.attack.seconds", WHOLE ? 8 : 3);
  private static final int BURST = 50;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Reactor reactor = new Reactor("attackers");
  private final Origin origin = new Origin(reactor, this::script);
  private final Verdict verdict;
  private final Path dir;
  private final AtomicInteger number = new AtomicInteger();
  private volatile Function<Head, Origin.Script> scripts = head -> new Origin.Script() {};
  private RelayProcess relay;
  private int port;

  Ground(Verdict verdict, Path dir) throws Exception {
    this.verdict = verdict;
    this.dir = dir;
  }

  void faces(RelayProcess started) throws Exception {
    relay = started;
    port = relay.port();
  }

  RelayProcess relay() {
    return relay;
  }

  Reactor reactor() {
    return reactor;
  }

  Origin origin() {
    return origin;
  }

  Verdict verdict() {
    return verdict;
  }

  Path dir() {
    return dir;
  }

  int port() {
    return port;
  }

  int seconds() {
    return SECONDS;
  }

  /** As many in the build, and in the whole set. */
  int many(int inBuild, int whole) {
    return WHOLE ? whole : inBuild;
  }

  /** A path of its own for a call of the attackers. */
  String path(String suffix) {
    return "/attack/" + number.incrementAndGet() + suffix;
  }

  /** The head of a request to a path of its own, without its last, empty line. */
  String post(String suffix) {
    return "POST "
        + path(suffix)
        + " HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n";
  }

  /** How the provider answers the attackers' calls from now on, a script for each. */
  void answer(Function<Head, Origin.Script> next) {
    scripts = next;
  }

  /** Connects so many, some at a time so that the backlog of the listener is no part of it. */
  void crowd(int count, Supplier<Part> parts) throws Exception {
    crowd(count, 0, parts);
  }

  /** The same with receive buffers of so many bytes. */
  void crowd(int count, int receiveBuffer, Supplier<Part> parts) throws Exception {
    for (int left = count; left > 0; left -= BURST) {
      int now = Math.min(BURST, left);
      reactor.await(
          () -> {
            for (int i = 0; i < now; i++) {
              reactor.connect(port, receiveBuffer, parts.get());
            }
          });
      LockSupport.parkNanos(LOOK_NANOS / 2);
    }
  }

  /**
   * Ends what the attackers and their provider have open, as many at a time as came. By resets: of
   * a connection that is closed the kernel sends all that is queued, which may be a gigabyte, and
   * the attack would go on for most of a minute.
   */
  void leave() throws Exception {
    while (reactor.connections() > 0) {
      reactor.await(() -> reactor.reset(BURST));
      LockSupport.parkNanos(LOOK_NANOS / 2);
    }
  }

  /** Lets the attack go on for its time, or until this is so. */
  void goOn(BooleanSupplier until) {
    await(SECONDS, until);
  }

  /** Waits for so long, or until this is so; whether it is. */
  boolean await(int seconds, BooleanSupplier until) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!until.getAsBoolean() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    reactor.check();
    return until.getAsBoolean();
  }

  void goOn() {
    goOn(() -> false);
  }

  static ByteBuffer bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  @Override
  public void close() throws IOException {
    reactor.close();
  }

  private Origin.Script script(Head head) {
    return scripts.apply(head);
  }
}
