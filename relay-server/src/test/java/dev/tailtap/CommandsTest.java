package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RelayProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as processes: what they print, and with what they exit. */
class CommandsTest {
  @TempDir private Path dir;

  @AfterEach
  void nothingRunsOn() {
    assertFalse(RelayProcess.anyLeft(dir), "a process is left");
  }

  @Test
  void threeMistakesInAConfigurationAreToldAtOnceAndNothingStarts() throws Exception {
    Path config =
        Files.writeString(
            dir.resolve("wrong.properties"),
            """
            relay.listen=nowhere
            relay.loops=many
            upstream.test.url=http://127.0.0.1:1
            route.test.path=/
            route.test.upstream=test
            store.ulr=embedded
            """);
    for (String command : List.of("serve", "check")) {
      try (RelayProcess relay = new RelayProcess(dir, command, config.toString())) {
        assertEquals(2, relay.exit());
        assertEquals("", relay.out());
        List<String> told = relay.err().lines().toList();
        assertEquals(4, told.size(), relay.err());
        for (String key : List.of("relay.listen", "relay.loops", "store.ulr")) {
          assertEquals(1, told.stream().filter(line -> line.contains(key)).count(), key);
        }
        assertTrue(told.get(3).contains("3 mistakes"), told.get(3));
      }
    }
    try (Stream<Path> files = Files.list(dir)) {
      assertTrue(files.noneMatch(Files::isDirectory), "something was begun");
    }
  }

  @Test
  void theShippedConfigurationIsGood() throws Exception {
    try (RelayProcess byDefault = new RelayProcess(dir, "check");
        RelayProcess named =
            new RelayProcess(
                dir, "check", RelayProcess.home().resolve("conf/relay.properties").toString())) {
      assertEquals(0, byDefault.exit(), byDefault.err());
      assertTrue(byDefault.out().contains("3 routes to 3 upstreams"), byDefault.out());
      assertEquals(0, named.exit(), named.err());
      String carried = "(relay: warning: limits.streams=10000 needs \\d+ file descriptors .*\n)?";
      assertTrue(named.err().matches(carried), named.err()); // where this machine gives too few
    }
  }

  @Test
  void aCheckSaysWhereThereAreTooFewDescriptorsForTheStreams() throws Exception {
    String config = RelayProcess.home().resolve("conf/relay.properties").toString();
    try (RelayProcess few = RelayProcess.limited(300, List.of(), dir, "check", config);
        RelayProcess enough =
            RelayProcess.limited(
                300, List.of(), dir, "check", config, "--set", "limits.streams=20")) {
      assertEquals(0, few.exit());
      assertTrue(few.err().contains("this process may have 300: raise its limit"), few.err());
      assertEquals(0, enough.exit());
      assertEquals("", enough.err());
    }
  }

  @Test
  void argumentsThatNobodyKnowsAreRefused() throws Exception {
    String[][] wrong = {
      {"frobnicate"}, {"serve", "a", "b"}, {"demo", "a"}, {"--frob"}, {"check", "--set", "noequals"}
    };
    for (String[] args : wrong) {
      try (RelayProcess relay = new RelayProcess(dir, args)) {
        assertEquals(2, relay.exit(), String.join(" ", args));
        assertEquals("", relay.out());
        assertTrue(relay.err().startsWith("relay: "), relay.err());
      }
    }
  }

  @Test
  void aMistypedCommandIsToldFromAFile() throws Exception {
    Map<String, String> told =
        Map.of(
            "chekc", "chekc: no such command (did you mean check?) and no such file",
            "dmeo", "dmeo: no such command (did you mean demo?) and no such file",
            "frobnicate", "frobnicate: no such command and no such file");
    for (Map.Entry<String, String> entry : told.entrySet()) {
      try (RelayProcess relay = new RelayProcess(dir, entry.getKey())) {
        assertEquals(2, relay.exit());
        assertEquals("relay: " + entry.getValue(), relay.err().lines().findFirst().orElse(""));
      }
    }
    Files.writeString(dir.resolve("relays"), "relay.listen=nowhere\n");
    try (RelayProcess relay = new RelayProcess(dir, "relays")) {
      assertEquals(2, relay.exit());
      assertTrue(relay.err().contains("relay.listen"), "a file is a file: " + relay.err());
    }
  }

  @Test
  void oneMistakeIsOne() throws Exception {
    try (RelayProcess relay = new RelayProcess(dir, "check", "--set", "relay.loops=many")) {
      assertEquals(2, relay.exit());
      assertTrue(relay.err().contains("relay: 1 mistake in the configuration"), relay.err());
    }
  }

  @Test
  void theVersionIsToldWithWhatItRunsOn() throws Exception {
    String line =
        "Tailtap \\d+\\.\\d+\\S* \\(Java "
            + Pattern.quote(Runtime.version().toString())
            + ", Netty 4\\.\\S+, transport (epoll|nio)\\)\n";
    for (String word : List.of("version", "--version")) {
      try (RelayProcess relay = new RelayProcess(dir, word)) {
        assertEquals(0, relay.exit());
        assertTrue(relay.out().matches(line), relay.out());
        assertEquals("", relay.err());
      }
    }
  }

  @Test
  void theDoctorMakesNoDatabase() throws Exception {
    Path config =
        Files.writeString(
            dir.resolve("relay.properties"),
            """
            upstream.test.url=http://127.0.0.1:1
            route.test.path=/
            route.test.upstream=test
            journal.dir=journal
            store.dir=postgres
            """);
    try (RelayProcess doctor = new RelayProcess(dir, "doctor", config.toString())) {
      assertEquals(1, doctor.exit(), "the upstream is away");
      assertTrue(doctor.out().contains("store embedded: none yet in postgres;"), doctor.out());
    }
    try (Stream<Path> files = Files.list(dir)) {
      assertTrue(files.noneMatch(Files::isDirectory), "something was made");
    }
  }
}
