package dev.tailtap.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.StoreConfig;
import dev.tailtap.rig.ChildClasses;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RamDisk;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.RecordFilter;
import dev.tailtap.store.Records;
import dev.tailtap.store.StoreStartException;
import dev.tailtap.store.TestDatabase;
import dev.tailtap.store.TestServer;
import dev.tailtap.store.UsageStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Lengthy
@ExtendWith(TestServer.class)
final class EmbeddedDatabaseTest {
  /** For the tests that need no first start of their own. */
  @TempDir(factory = RamDisk.class)
  private static Path kept;

  @TempDir(factory = RamDisk.class)
  private Path dir;

  @TempDir private Path journal;

  /** The library unpacks once a process, for whoever comes first; that must not be a test's dir. */
  @BeforeAll
  static void unpackInAPlaceThatStays(TestDatabase database) {
    assertNotNull(database);
  }

  @Test
  void keepsRowsPortAndPasswordOverARestart() throws Exception {
    StoreConfig config =
        new StoreConfig(
            "embedded", "", "", 2, 100, Duration.ofMillis(5), dir, 1_000, 0, 0, 10_000, "");
    String description;
    try (UsageStore store =
        UsageStore.open(config, Records.journal(journal), EmbeddedDatabase::start, new Stats())) {
      description = store.databaseDescription();
      Records.offer(store, Records.many(0, 10));
      assertTrue(store.drain(Patience.TIME));
    }
    assertNull(Postmaster.of(dir.resolve("cluster")), "the server is still there");
    try (UsageStore store =
        UsageStore.open(config, Records.journal(journal), EmbeddedDatabase::start, new Stats())) {
      assertEquals(10, store.queries().records(RecordFilter.latest(100, null)).records().size());
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
  void startsAServerAgainThatWasKilled() throws Exception {
    StoreConfig config =
        new StoreConfig(
            "embedded", "", "", 2, 100, Duration.ofMillis(5), dir, 1_000, 0, 0, 10_000, "");
    try (UsageStore store =
        UsageStore.open(config, Records.journal(journal), EmbeddedDatabase::start, new Stats())) {
      Records.offer(store, Records.many(0, 10));
      assertTrue(store.drain(Patience.TIME));
      long pid = Postmaster.of(dir.resolve("cluster")).pid();
      ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
      assertTrue(postmaster.destroyForcibly());
      postmaster.onExit().get(Patience.SECONDS, TimeUnit.SECONDS);
      Records.offer(store, Records.many(10, 10));
      assertTrue(store.drain(Patience.TIME), "the server did not come back");
      assertNotEquals(pid, Postmaster.of(dir.resolve("cluster")).pid());
      assertEquals(20, store.queries().records(RecordFilter.latest(100, null)).records().size());
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
    Path program = Postmaster.program(TestServer.cluster(), "postgres");
    Path version = program.getParent().getParent().getFileName();
    Path half = Files.createDirectories(dir.resolve("binaries").resolve(version).resolve("bin"));
    Files.writeString(half.resolve("postgres"), "half");
  }

  private Process startInAnotherProcess() throws IOException {
    Process process =
        ChildClasses.java(List.of(), EmbeddedDatabaseTest.class, dir.toString())
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
    DatabaseAddress address = server.address();
    return new TestDatabase(address.url(), address.user(), address.password());
  }

  private static void assertRefused(EmbeddedDatabase server, String password) {
    SQLException refused =
        assertThrows(
            SQLException.class,
            () ->
                new DatabaseAddress(server.address().url(), "postgres", password)
                    .connect()
                    .close());
    assertFalse(String.valueOf(refused.getMessage()).contains(server.address().password()));
  }
}
