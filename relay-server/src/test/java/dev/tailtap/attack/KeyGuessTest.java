package dev.tailtap.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.TestPostgres;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keys are guessed, at random, beside the form and next to those that there are, by clients that
 * send as fast as they are answered to a relay with a small heap.
 *
 * <p>{@code -Dtailtap.guesses=1000000} for the proof, which tells the time of a guess at the
 * beginning and at the end. What was measured is written to target/attack.
 */
@Lengthy
@Rule(
    value = "A guessed key costs the same whatever it is, leaves a count behind and hurts nobody",
    source = "SECURITY.md")
class KeyGuessTest {
  private static final int GUESSES = Integer.getInteger("tailtap.guesses", 100_000);
  private static final int PARTS = 10;
  private static final int CONNECTIONS = 16;
  private static final int ISSUED = 5_000;
  private static final int LIVE_TOLERANCE_MIB = 4;
  private static final int RESIDENT_TOLERANCE_MIB = 48;

  private final String database = TestPostgres.freshDatabase();
  private final Random random = new Random(7);
  private final Verdict verdict = new Verdict(GUESSES + " guessed keys");
  private final Guesser.Told told = new Guesser.Told();
  private final AtomicInteger number = new AtomicInteger();
  private final List<String> issued = new ArrayList<>();

  @TempDir private Path dir;

  /** What the relay holds, and what it says of itself. */
  private record Held(long liveBytes, long residentKibibytes, Set<String> series) {
    static Held by(RelayProcess relay, Figures figures) throws Exception {
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      String classes = Tool.said(jcmd, Long.toString(relay.pid()), "GC.class_histogram");
      String total = classes.lines().filter(line -> line.startsWith("Total")).findFirst().get();
      return new Held(
          Long.parseLong(total.trim().split(" +", -1)[2]),
          relay.residentKibibytes(),
          figures.scrape().series());
    }

    @Override
    public String toString() {
      return liveBytes / 1024
          + " KiB of live objects, "
          + residentKibibytes / 1024
          + " MiB resident, "
          + series.size()
          + " series";
    }
  }

  @Test
  void guessesGrowNothingTellNothingAndHurtNobody() throws Exception {
    IssuedKeys keys = new IssuedKeys();
    for (int i = 0; i < ISSUED; i++) {
      issued.add(Guess.key(random));
      keys.add(issued.get(i), "vk_" + i, "tenant=t" + i);
    }
    try (Ground ground = new Ground(verdict, dir);
        Canaries canaries = new Canaries(issued.get(0));
        RelayProcess relay =
            new RelayProcess(
                List.of("-Xmx64m"), dir, "serve", config(keys, ground, canaries).toString())) {
      ground.faces(relay);
      canaries.start(relay);
      guess(ground, relay);
      judge(canaries.stop());
      assertEquals(List.of(), List.copyOf(ground.origin().reached()));
      relay.signal("TERM");
      relay.exit();
      rowsAreTheCanaries(canaries);
      nothingTellsAKey(relay);
    } finally {
      Files.createDirectories(Path.of("target/attack"));
      Files.writeString(Path.of("target/attack/guesses.txt"), verdict.toString());
    }
    assertTrue(verdict.holds(), () -> "\n" + verdict);
  }

  private void guess(Ground ground, RelayProcess relay) throws Exception {
    Figures figures = new Figures(relay);
    Held young = Held.by(relay, figures);
    verdict.fact("before the first: %s", young);
    Held before = null;
    for (int part = 1; part <= PARTS; part++) {
      long began = System.nanoTime();
      guessUpTo(ground, (int) ((long) GUESSES * part / PARTS));
      double micros = (System.nanoTime() - began) / 1e3 * PARTS / GUESSES;
      verdict.fact("part %d of %d: %.1f us a guess", part, PARTS, micros);
      before = before == null ? Held.by(relay, figures) : before;
    }
    Held after = Held.by(relay, figures);
    verdict.fact("after the first part: %s; after the last: %s", before, after);
    long live = (after.liveBytes - before.liveBytes) >> 20;
    verdict.require(live <= LIVE_TOLERANCE_MIB, "live objects do not grow: by %d MiB", live);
    long resident = (after.residentKibibytes - before.residentKibibytes) >> 10;
    verdict.require(
        resident <= RESIDENT_TOLERANCE_MIB, "resident memory does not grow: by %d MiB", resident);
    Set<String> more = new HashSet<>(after.series);
    more.removeAll(before.series);
    verdict.require(more.isEmpty(), "no series of a metric came: %s", more);
    verdict.require(told.wrong().isEmpty(), "each is refused in the shape of its API: %s", wrong());
    Figures.Scrape now = figures.scrape();
    for (Map.Entry<String, Integer> kind : told.refused().entrySet()) {
      double counted = now.figure("tailtap_keys_refused_total", kind.getKey()).orElse(0);
      verdict.require(counted == kind.getValue(), "%s: counted %.0f", kind, counted);
    }
    double all = now.figure("tailtap_keys_refused_total").orElse(0);
    verdict.require(all == GUESSES, "all are counted: %.0f", all);
    verdict.require(now.figure("tailtap_keys").orElse(0) == ISSUED, "the keys are there");
  }

  private void guessUpTo(Ground ground, int goal) throws Exception {
    ground.crowd(
        CONNECTIONS,
        () ->
            new Guesser(
                told,
                () ->
                    number.get() == goal
                        ? null
                        : Guess.next(number.getAndIncrement(), issued, random)));
    ground.await((int) Patience.SECONDS, () -> told.answers() == goal || !told.wrong().isEmpty());
  }

  private List<String> wrong() {
    return told.wrong().stream().distinct().limit(3).toList();
  }

  private void judge(Canaries.Phase seen) {
    verdict.fact("beside: %s", seen.text());
    verdict.require(
        seen.failures().isEmpty(),
        "no canary failed: %s",
        seen.failures().stream().distinct().limit(3).toList());
  }

  private void rowsAreTheCanaries(Canaries canaries) throws Exception {
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "select count(*), count(*) filter (where virtual_key = 'vk_0' and tenant = 't0'"
                    + " and path like '/canary/%') from usage_record")) {
      found.next();
      int reached = canaries.reached().size();
      verdict.require(reached > 0, "there were calls with a good key: %d", reached);
      verdict.require(
          found.getInt(1) == reached && found.getInt(2) == reached,
          "only they are rows: %d, of which %d of the key",
          found.getInt(1),
          found.getInt(2));
    }
  }

  /** Neither the log nor anything else that the relay wrote, be it the journal. */
  private void nothingTellsAKey(RelayProcess relay) throws IOException {
    long lines = relay.err().lines().filter(line -> line.contains("invalid_api_key")).count();
    verdict.require(lines > 0, "the log tells of refusals: %d lines", lines);
    List<Path> tell = new ArrayList<>();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
            .contains(Guess.MARKER)) {
          tell.add(file);
        }
      }
    }
    verdict.require(tell.isEmpty(), "no file of it has a key: %s", tell);
  }

  private Path config(IssuedKeys keys, Ground ground, Canaries canaries) throws IOException {
    return Files.write(
        dir.resolve("relay.properties"),
        List.of(
            "relay.listen=127.0.0.1:0",
            "admin.listen=127.0.0.1:0",
            "keys.required=true",
            "keys.file=" + keys.path(),
            "upstream.attack.url=" + ground.origin().url(),
            "upstream.attack.key.ours=ours",
            "route.attack.path=/attack",
            "route.attack.upstream=attack",
            "upstream.canary.url=" + canaries.url(),
            "upstream.canary.key.ours=ours",
            "route.canary.path=/canary",
            "route.canary.upstream=canary",
            "journal.dir=" + dir.resolve("journal"),
            "store.url=" + database));
  }
}
