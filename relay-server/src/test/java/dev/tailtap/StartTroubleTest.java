package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What keeps a relay from starting is told in one line that says what to do, and is left as it is.
 */
@Lengthy
class StartTroubleTest {
  private static final Pattern LOGGED = Pattern.compile("\\d{4}-\\d\\d-.*");

  @TempDir private Path dir;

  @Test
  void aJournalDirectoryThatCannotBeMadeIsNamedWithItsSetting() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "mine");
    Path journal = file.resolve("journal");
    refused("journal.dir=" + journal, "journal.dir=" + journal, "set journal.dir to another");
    assertEquals("mine", Files.readString(file));
  }

  @Test
  void aJournalDirectoryWithoutPermissionIsNamedWithItsSetting() throws Exception {
    Path journal = Files.createDirectory(dir.resolve("journal"));
    Files.setPosixFilePermissions(journal, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(journal), "this user may write anywhere");
    refused("journal.dir=" + journal, "journal.dir=" + journal, "no permission");
  }

  @Test
  void aTenantKeyOfAnotherLengthIsKept() throws Exception {
    byte[] half = new byte[16];
    Path journal = Files.createDirectory(dir.resolve("journal"));
    Path key = Files.write(journal.resolve("tenant.key"), half);
    refused("journal.dir=" + journal, key.toString(), "32 bytes");
    assertArrayEquals(half, Files.readAllBytes(key));
  }

  @Test
  void theClusterOfAnotherMajorVersionIsLeftAlone() throws Exception {
    Path cluster = Files.createDirectories(dir.resolve("postgres/cluster"));
    Files.writeString(cluster.resolve("PG_VERSION"), "15\n");
    refused("store.dir=" + dir.resolve("postgres"), "PostgreSQL 15", "store.dir");
    try (var files = Files.list(cluster)) {
      assertEquals(List.of(cluster.resolve("PG_VERSION")), files.toList());
    }
  }

  @Test
  void aDatabaseOfAnotherSchemaVersionIsLeftAlone() throws Exception {
    String url = TestPostgres.freshDatabase();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(Files.readString(RelayProcess.home().resolve("schema.sql")));
      statement.execute("update tailtap_schema set version = 7; drop table usage_hour cascade");
    }
    refused("store.url=" + url, "schema version 7", "store.url");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        var found = statement.executeQuery("select to_regclass('usage_hour') is null")) {
      assertTrue(found.next());
      assertTrue(found.getBoolean(1), "tables were made");
    }
  }

  @Test
  void aWrongPasswordIsToldWithoutIt() throws Exception {
    String url = TestPostgres.freshDatabase();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      // The server of the tests trusts everybody; a role that may not log in is refused alike.
      statement.execute("drop role if exists stranger");
      statement.execute("create role stranger nologin password 'sesame'");
    }
    String told =
        refused(
            "store.url=" + url.replace("user=postgres", "user=stranger&password=sesame"),
            "cannot be used",
            "stranger");
    assertFalse(told.contains("sesame"), told);
  }

  @Test
  void takenPortsAreToldBeforeAnythingIsMade() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (String key : List.of("relay.listen", "admin.listen")) {
        String setting = key + "=127.0.0.1:" + taken.getLocalPort();
        refused(setting, setting + ": ", "choose another");
        try (var files = Files.list(dir)) {
          assertTrue(files.noneMatch(Files::isDirectory), "something was made");
        }
      }
    }
  }

  @Test
  void whoComesWhileTheDatabaseStartsWaitsAndIsServed() throws Exception {
    try (Provider provider =
        new Provider((request, answer) -> answer.whole(200, "application/json", "{}"))) {
      Path config =
          Files.writeString(
              dir.resolve("relay.properties"),
              """
              upstream.test.url=%s
              route.test.path=/
              route.test.upstream=test
              """
                  .formatted(provider.url()));
      List<String> args = new ArrayList<>(List.of("serve", config.toString()));
      int port = FreePort.choose();
      for (String own :
          List.of(
              "relay.listen=127.0.0.1:" + port,
              "admin.listen=127.0.0.1:0",
              "journal.dir=" + dir.resolve("journal"),
              "store.dir=" + dir.resolve("postgres"))) {
        args.addAll(List.of("--set", own));
      }
      try (RelayProcess relay = new RelayProcess(dir, args.toArray(String[]::new));
          RawClient early = firstToConnect(port)) {
        assertFalse(relay.out().contains("relays on port"), "it has started already");
        early.post("/v1/x", "{}");
        assertEquals(200, early.answer().status());
        assertEquals(port, relay.port());
        relay.signal("TERM");
        assertEquals(0, relay.exit(), relay.err());
      }
      assertFalse(RelayProcess.anyLeft(dir), "a process is left");
    }
  }

  private static RawClient firstToConnect(int port) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      try {
        return new RawClient(port);
      } catch (ConnectException refused) {
        if (System.nanoTime() > deadline) {
          throw refused;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }

  /** Starts a relay with this setting; it must end at once and say these things in one line. */
  private String refused(String setting, String... said) throws Exception {
    Path config =
        Files.writeString(
            dir.resolve("relay.properties"),
            """
            relay.listen=127.0.0.1:0
            admin.listen=127.0.0.1:0
            upstream.test.url=http://127.0.0.1:1
            route.test.path=/
            route.test.upstream=test
            """);
    List<String> args = new ArrayList<>(List.of("serve", config.toString()));
    for (String own :
        List.of(
            "journal.dir=" + dir.resolve("journal"),
            "store.dir=" + dir.resolve("postgres"),
            setting)) {
      args.addAll(List.of("--set", own));
    }
    try (RelayProcess relay = new RelayProcess(dir, args.toArray(String[]::new))) {
      assertEquals(1, relay.exit(), relay.err());
      List<String> told =
          relay.err().lines().filter(line -> !LOGGED.matcher(line).matches()).toList();
      assertEquals(1, told.size(), relay.err());
      for (String words : said) {
        assertTrue(told.get(0).contains(words), told.get(0));
      }
      assertFalse(RelayProcess.anyLeft(dir), "a process is left");
      return relay.err();
    }
  }
}
