package dev.tailtap.attack;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nothing that one client or one provider does may hurt the others: each {@link Attack} against a
 * relay of its own with a small heap, canaries beside it. Afterwards memory is back, the process
 * ends when it is told to, and each call that reached a provider is one row.
 *
 * <p>A short form of some in every build; {@code -Dtailtap.attack=all} for the whole set, or names
 * of attacks; {@code -Dtailtap.attack.heap=512} for one heap alone, {@code
 * -Dtailtap.attack.seconds} for longer. What each one did is written to target/attack.
 */
@Lengthy
class AttackTest {
  private static final String CHOSEN = System.getProperty("tailtap.attack", "");
  private static final int HEAP = Integer.getInteger("tailtap.attack.heap", 0);
  private static final long WARM_UP_NANOS =
      TimeUnit.MILLISECONDS.toNanos(Ground.WHOLE ? 2500 : 1500);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(Ground.WHOLE ? 3 : 2);
  private static final long AFTERMATH_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final String database = TestPostgres.freshDatabase();

  @TempDir private Path dir;

  /** Memory of a relay: its heap in use, and what is resident. */
  private record Memory(long heapMib, long residentMib) {
    static Memory of(RelayProcess relay, Figures figures) throws Exception {
      Figures.Scrape now = figures.scrape();
      long heap = now.came() ? (long) now.heapBytes() >> 20 : Long.MAX_VALUE >> 20;
      return new Memory(heap, relay.residentKibibytes() >> 10);
    }

    boolean within(Memory idle) {
      return heapMib <= idle.heapMib + Requirements.IDLE_TOLERANCE_MIB
          && residentMib <= idle.residentMib + Requirements.IDLE_TOLERANCE_MIB;
    }

    @Override
    public String toString() {
      String heap = heapMib == Long.MAX_VALUE >> 20 ? "unknown" : heapMib + " MiB";
      return "heap " + heap + ", resident " + residentMib + " MiB";
    }
  }

  static Stream<Arguments> attacks() {
    List<Arguments> attacks = new ArrayList<>();
    for (Attack.Kind kind : AttackTable.ALL) {
      for (int heap : heaps()) {
        if (chosen(kind.name(), kind.inBuild())) {
          attacks.add(Arguments.of(kind, heap));
        }
      }
    }
    return attacks.stream();
  }

  private static boolean chosen(String name, boolean inBuild) {
    return CHOSEN.isEmpty()
        ? inBuild
        : CHOSEN.equals("all") || List.of(CHOSEN.split(",", -1)).contains(name);
  }

  private static List<Integer> heaps() {
    if (HEAP > 0) {
      return List.of(HEAP);
    }
    return CHOSEN.isEmpty() ? List.of(256) : List.of(256, 512);
  }

  @Test
  void halfTlsHellosKeepNobodyOut() throws Exception {
    assumeTrue(chosen("halfTlsHellos", false), "in the whole set: -Dtailtap.attack=all");
    Certificate certificate = Certificate.of(dir, "relay", "dns:localhost,ip:127.0.0.1");
    Attack attack = ground -> ConnectionAttacks.halfHellos(ground, certificate);
    fight(
        Attack.Kind.of("halfTlsHellos", attack)
            .alone()
            .with(
                "relay.tls.certificate=" + certificate.pem(), "relay.tls.key=" + certificate.key()),
        256);
  }

  @ParameterizedTest(name = "{0} at a heap of {1} MiB")
  @MethodSource("attacks")
  void hurtsNobodyElse(Attack.Kind kind, int heap) throws Exception {
    fight(kind, heap);
  }

  private void fight(Attack.Kind kind, int heap) throws Exception {
    Verdict verdict = new Verdict(kind.name() + " at a heap of " + heap + " MiB");
    try (Ground ground = new Ground(verdict, dir);
        Canaries canaries = new Canaries();
        RelayProcess relay = relay(kind, heap, config(kind, ground, canaries))) {
      ground.faces(relay);
      judge(kind, ground, canaries, relay);
    } finally {
      report(kind, heap, verdict);
    }
    assertTrue(verdict.holds(), () -> "\n" + verdict);
  }

  private void judge(Attack.Kind kind, Ground ground, Canaries canaries, RelayProcess relay)
      throws Exception {
    Figures figures = new Figures(relay);
    Verdict verdict = ground.verdict();
    if (kind.canaries()) {
      canaries.start(relay);
      LockSupport.parkNanos(WARM_UP_NANOS);
      canaries.phase();
      LockSupport.parkNanos(QUIET_NANOS);
    }
    Canaries.Phase quiet = canaries.phase();
    Memory idle = Memory.of(relay, figures);
    long began = System.nanoTime();
    kind.attack().run(ground);
    verdict.fact("the attack took %.1f s", (System.nanoTime() - began) / 1e9);
    verdict.fact("memory before it: %s; at its end: %s", idle, Memory.of(relay, figures));
    ground.leave();
    long over = System.nanoTime();
    if (kind.canaries()) {
      LockSupport.parkNanos(AFTERMATH_NANOS);
      judge(verdict, quiet, canaries.stop());
    }
    memoryIsBack(verdict, relay, figures, idle, over);
    rowsAreThere(ground, canaries, relay, figures);
    logIsQuiet(kind, verdict, relay);
  }

  private static void judge(Verdict verdict, Canaries.Phase quiet, Canaries.Phase attacked) {
    verdict.fact("quiet:    %s", quiet.text());
    verdict.fact("attacked: %s", attacked.text());
    verdict.require(
        attacked.failures().isEmpty(),
        "no canary failed: %d %s",
        attacked.failures().size(),
        attacked.failures().stream().distinct().limit(3).toList());
    long more = TimeUnit.NANOSECONDS.toMillis(attacked.worstWait() - quiet.worstWait());
    verdict.require(
        CHOSEN.isEmpty() || more <= Requirements.MORE_WAIT.toMillis(), // no times in a build
        "no canary waited for more than %d ms above its quiet figure: %d ms",
        Requirements.MORE_WAIT.toMillis(),
        more);
    long health = TimeUnit.NANOSECONDS.toMillis(attacked.worstHealth());
    verdict.require(
        CHOSEN.isEmpty() || health < Requirements.HEALTH.toMillis(),
        "/healthz answered in time: %d ms",
        health);
  }

  private static void memoryIsBack(
      Verdict verdict, RelayProcess relay, Figures figures, Memory idle, long over)
      throws Exception {
    long deadline = over + Requirements.MEMORY_BACK.toNanos();
    Memory now = Memory.of(relay, figures);
    while (!now.within(idle) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE_NANOS);
      now = Memory.of(relay, figures);
    }
    verdict.require(
        now.within(idle), "memory is back: after %.1f s %s", (System.nanoTime() - over) / 1e9, now);
  }

  private void rowsAreThere(Ground ground, Canaries canaries, RelayProcess relay, Figures figures)
      throws Exception {
    Verdict verdict = ground.verdict();
    long deadline = System.nanoTime() + Requirements.MEMORY_BACK.toNanos();
    while (underWay(figures.scrape()) > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    long told = System.nanoTime();
    relay.signal("TERM");
    boolean ends = relay.endsWithin(Requirements.DRAIN.plus(Requirements.STOP_BEYOND_DRAIN));
    verdict.require(ends, "SIGTERM ends it: %.1f s", (System.nanoTime() - told) / 1e9);
    Map<Integer, Integer> attackers = rows("/attack/%");
    Map<Integer, Integer> others = rows("/canary/%");
    Set<Integer> lost = new HashSet<>(ground.origin().reached());
    lost.removeAll(attackers.keySet());
    Set<Integer> lostOfOthers = new HashSet<>(canaries.reached());
    lostOfOthers.removeAll(others.keySet());
    long doubled =
        Stream.concat(attackers.values().stream(), others.values().stream())
            .filter(rows -> rows > 1)
            .count();
    verdict.require(
        lost.isEmpty() && lostOfOthers.isEmpty() && doubled == 0,
        "each call that reached a provider is one row: %d and %d rows, lost %d and %d, doubled %d",
        attackers.size(),
        others.size(),
        lost.size(),
        lostOfOthers.size(),
        doubled);
  }

  /** Calls and rows that have not ended; 0 as well where nobody answers. */
  private static double underWay(Figures.Scrape now) {
    return now.figure("tailtap_streams_active").orElse(0)
        + now.figure("tailtap_usage_in_flight").orElse(0)
        + now.figure("tailtap_usage_queue_depth").orElse(0);
  }

  private static void logIsQuiet(Attack.Kind kind, Verdict verdict, RelayProcess relay)
      throws IOException {
    List<String> log = relay.err().lines().toList();
    long traces = log.stream().filter(line -> line.startsWith("\tat ")).count();
    verdict.require(traces == 0, "no stack trace in its log: %d lines of such", traces);
    verdict.fact("its log has %d lines", log.size());
    Files.createDirectories(Path.of("target/attack"));
    Files.writeString(Path.of("target/attack", kind.name() + ".log"), relay.err());
  }

  private Map<Integer, Integer> rows(String pattern) throws SQLException {
    Map<Integer, Integer> rows = new HashMap<>();
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "select path from usage_record where path like '" + pattern + "'")) {
      while (found.next()) {
        rows.merge(Origin.numberOf(found.getString(1)), 1, Integer::sum);
      }
    }
    return rows;
  }

  private RelayProcess relay(Attack.Kind kind, int heap, Path config) throws IOException {
    List<String> flags = List.of("-Xmx" + heap + "m");
    return kind.descriptors() == 0
        ? new RelayProcess(flags, dir, "serve", config.toString())
        : RelayProcess.limited(kind.descriptors(), flags, dir, "serve", config.toString());
  }

  private Path config(Attack.Kind kind, Ground ground, Canaries canaries) throws IOException {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "relay.listen=127.0.0.1:0",
                "relay.drain-timeout=" + Requirements.DRAIN.toSeconds() + "s",
                "admin.listen=127.0.0.1:0",
                "upstream.attack.url=" + ground.origin().url(),
                "route.attack.path=/attack",
                "route.attack.upstream=attack",
                "upstream.canary.url=" + canaries.url(),
                "route.canary.path=/canary",
                "route.canary.upstream=canary",
                "journal.dir=" + dir.resolve("journal"),
                "store.url=" + database));
    lines.addAll(kind.settings());
    return Files.write(dir.resolve("relay.properties"), lines);
  }

  private static void report(Attack.Kind kind, int heap, Verdict verdict) throws IOException {
    Files.createDirectories(Path.of("target/attack"));
    Files.writeString(
        Path.of("target/attack", kind.name() + "-" + heap + ".txt"), verdict.toString());
  }
}
