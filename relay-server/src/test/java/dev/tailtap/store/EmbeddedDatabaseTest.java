package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.stats.Stats;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(TestServer.class)
final class EmbeddedDatabaseTest {
  /** For the tests that need no first start of their own. */
  @TempDir private static Path kept;

  @TempDir private Path dir;
  @TempDir private Path journal;

  /** The library unpacks once a process, for whoever comes first; that must not be a test's dir. */
  @BeforeAll
  static void unpackInAPlaceThatStays(TestDatabase database) {
    assertNotNull(database);
  }

  @Test
  void keepsRowsPortAndPasswordOverARestart() throws Exception {
    StoreConfig config =
        new StoreConfig("embedded", "", "", 2, 100, Duration.ofMillis(5), dir, 1_000, 0, 0, 10_000);
    String description;
    try (UsageStore store = UsageStore.open(config, Records.journal(journal), new Stats())) {
      description = store.databaseDescription();
      Records.offer(store, Records.many(0, 10));
      assertTrue(store.drain(Duration.ofSeconds(30)));
    }
    assertNull(Postmaster.of(dir.resolve("cluster")), "the server is still there");
    try (UsageStore store = UsageStore.open(config, Records.journal(journal), new Stats())) {
      assertEquals(10, store.queries().records(100, null).size());
      assertEquals(description, store.databaseDescription());
      assertTrue(description.contains("$(cat '" + dir.resolve("password") + "')"), description);
    }
  }

  @Test
  void keepsItsPromisesAboutDurabilityAndAccess() throws Exception {
    try (EmbeddedDatabase server = EmbeddedDatabase.start(kept)) {
      TestDatabase database = open(server);
      assertEquals("on", database.ask("show fsync"));
      assertEquals("on", database.ask("show synchronous_commit"));
      assertEquals("on", database.ask("show full_page_writes"));
      assertEquals("127.0.0.1", database.ask("show listen_addresses"));
      assertEquals("", database.ask("show unix_socket_directories"));
      assertEquals("UTF8", database.ask("show server_encoding"));
      assertTrue(database.ask("show server_version").startsWith(ClusterHome.MAJOR + "."));
      assertEquals(
          "0", database.ask("select count(*) from pg_hba_file_rules where auth_method = 'trust'"));
      assertRefused(server, "");
      assertRefused(server, "guess");
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.resolve("password"))));
      StoreStartException second =
          assertThrows(StoreStartException.class, () -> EmbeddedDatabase.start(kept));
      assertTrue(second.getMessage().contains("another relay"), second.getMessage());
    }
  }

  @Test
  void takesOverTheServerThatAKilledRelayLeftRunning() throws Exception {
    leaveBinariesHalfUnpacked();
    Process relay = startInAnotherProcess();
    long orphan = Postmaster.of(dir.resolve("cluster")).pid();
    relay.destroyForcibly().waitFor();
    try (EmbeddedDatabase server = EmbeddedDatabase.start(dir)) {
      assertEquals(orphan, Postmaster.of(dir.resolve("cluster")).pid());
      assertEquals("7", open(server).ask("select * from mark"));
    }
    assertNull(Postmaster.of(dir.resolve("cluster")), "the server is still there");
    try (EmbeddedDatabase server = EmbeddedDatabase.start(dir)) {
      assertEquals("7", open(server).ask("select * from mark"));
    }
  }

  @Test
  void mendsWhatAKillInTheFirstStartLeft() throws Exception {
    Files.createDirectories(dir.resolve("cluster"));
    Files.writeString(dir.resolve("cluster/postgresql.conf"), "half");
    Path half = Files.createDirectories(dir.resolve("binaries/PG-0/bin"));
    Files.writeString(half.resolve("postgres"), "half");
    try (EmbeddedDatabase server = EmbeddedDatabase.start(dir)) {
      assertEquals("1", open(server).ask("select 1"));
    }
    assertFalse(Files.exists(dir.resolve("binaries/PG-0")));
    try (var kept = Files.newDirectoryStream(dir, "unfinished-*")) {
      assertTrue(kept.iterator().hasNext());
    }
  }

  @Test
  void isNotMisledByANumberThatNowBelongsToAnotherProgram() throws Exception {
    EmbeddedDatabase.start(kept).close();
    String self = Long.toString(ProcessHandle.current().pid());
    Files.writeString(
        kept.resolve("cluster/postmaster.pid"),
        self + "\n" + kept.resolve("cluster") + "\n1\n5432\n\n127.0.0.1\n\nready\n");
    try (EmbeddedDatabase server = EmbeddedDatabase.start(kept)) {
      assertEquals("1", open(server).ask("select 1"));
    }
  }

  @Test
  void refusesTheClusterOfAnotherMajorVersion() throws Exception {
    Files.createDirectories(dir.resolve("cluster"));
    Files.writeString(dir.resolve("cluster/PG_VERSION"), "17\n");
    StoreStartException refusal =
        assertThrows(StoreStartException.class, () -> EmbeddedDatabase.start(dir));
    assertTrue(refusal.getMessage().contains("PostgreSQL 17"), refusal.getMessage());
    assertEquals("17\n", Files.readString(dir.resolve("cluster/PG_VERSION")));
  }

  @Test
  void namesTheFileOfAPortThatIsTaken() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Files.writeString(dir.resolve("port"), other.getLocalPort() + "\n");
      StoreStartException refusal =
          assertThrows(StoreStartException.class, () -> EmbeddedDatabase.start(dir));
      assertTrue(refusal.getMessage().contains(dir.resolve("port").toString()));
    }
  }

  @Test
  void losesNothingWhileTheDatabaseComesAndGoes() throws Exception {
    EmbeddedDatabase server = EmbeddedDatabase.start(kept);
    TestDatabase database = open(server);
    server.close();
    Backoff fast = new Backoff(Duration.ofMillis(5), Duration.ofMillis(100), Duration.ofMillis(50));
    Stats stats = new Stats();
    try (UsageStore store =
        UsageStore.open(
            database.config(50, 10_000),
            Records.journal(journal),
            stats,
            Clock.systemUTC(),
            fast)) {
      Records.await("a first failure", () -> Records.failures(stats) > 0);
      Records.offer(store, Records.many(0, 500));
      server = EmbeddedDatabase.start(kept);
      Records.await("the first rows", () -> store.pending() == 0);
      for (int round = 1; round <= 3; round++) {
        Records.offer(store, Records.many(round * 500, 250));
        long before = Records.failures(stats);
        server.close();
        Records.offer(store, Records.many(round * 500 + 250, 250));
        Records.await("the outage", () -> Records.failures(stats) > before);
        server = EmbeddedDatabase.start(kept);
      }
      assertTrue(store.drain(Duration.ofSeconds(30)));
      assertEquals("2000", database.ask("select count(*) from usage_record"));
      assertEquals("2000", database.ask("select sum(calls) from usage_hour"));
      assertEquals("0", database.ask("select count(*) from usage_dead_letter"));
    } finally {
      server.close();
    }
  }

  @Test
  void startsAServerAgainThatWasKilled() throws Exception {
    StoreConfig config =
        new StoreConfig("embedded", "", "", 2, 100, Duration.ofMillis(5), dir, 1_000, 0, 0, 10_000);
    try (UsageStore store =
        UsageStore.open(
            config, Records.journal(journal), new Stats(), Clock.systemUTC(), Backoff.NORMAL)) {
      Records.offer(store, Records.many(0, 10));
      assertTrue(store.drain(Duration.ofSeconds(30)));
      long pid = Postmaster.of(dir.resolve("cluster")).pid();
      ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
      assertTrue(postmaster.destroyForcibly());
      postmaster.onExit().get(10, TimeUnit.SECONDS);
      Records.offer(store, Records.many(10, 10));
      assertTrue(store.drain(Duration.ofSeconds(60)), "the server did not come back");
      assertNotEquals(pid, Postmaster.of(dir.resolve("cluster")).pid());
      assertEquals(20, store.queries().records(100, null).size());
    }
  }

  /** What the other process runs. */
  public static void main(String[] args) throws Exception {
    EmbeddedDatabase server = EmbeddedDatabase.start(Path.of(args[0]));
    open(server).execute("create table mark as select 7");
    System.out.println("ready");
    Thread.currentThread().join();
  }

  /** Of the version that the shared server runs, wherever this process unpacked its binaries. */
  private void leaveBinariesHalfUnpacked() throws IOException {
    Path program = Postmaster.program(Path.of("target", "test-postgres", "cluster"), "postgres");
    Path version = program.getParent().getParent().getFileName();
    Path half = Files.createDirectories(dir.resolve("binaries").resolve(version).resolve("bin"));
    Files.writeString(half.resolve("postgres"), "half");
  }

  private Process startInAnotherProcess() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedDatabaseTest.class.getName(),
                dir.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    while (line != null && !line.equals("ready")) {
      line = out.readLine();
    }
    assertNotNull(line, "the other process ended");
    return process;
  }

  private static TestDatabase open(EmbeddedDatabase server) {
    return new TestDatabase(server.url("tailtap"), EmbeddedDatabase.SUPERUSER, server.password());
  }

  private static void assertRefused(EmbeddedDatabase server, String password) {
    SQLException refused =
        assertThrows(
            SQLException.class,
            () -> Database.connect(server.url("postgres"), "postgres", password).close());
    assertFalse(String.valueOf(refused.getMessage()).contains(server.password()));
  }
}
