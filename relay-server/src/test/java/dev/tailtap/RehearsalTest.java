package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay that makes calls to itself as it starts: nothing is left of them, and nobody waits. */
@Lengthy
class RehearsalTest {
  private static final String ASK = "{\"model\":\"m-1\"}";
  private static final String DEBUG = "log.level=debug";
  private static final String SHORT = "--set=relay.rehearsal=500ms";

  /** So long that some calls come to their end on a machine that is busy with other things. */
  private static final String LONG = "--set=relay.rehearsal=2s";

  private static final String ENDLESS = "--set=relay.rehearsal=1h";
  private static final String OFF = "--set=relay.rehearsal=0";
  private static final String REHEARSED = "event=rehearsed calls=(\\d+)";

  @TempDir private Path dir;

  private static Provider provider() throws IOException {
    return new Provider((request, answer) -> answer.whole(200, "application/json", "{}"));
  }

  private static void assumeCores() {
    assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "skipped: a second core missing");
  }

  private static void call(RelayProcess relay) throws IOException {
    try (RawClient client = new RawClient(relay.port())) {
      assertEquals(200, client.post("/v1/messages", ASK).answer().status());
    }
  }

  private static void awaitRehearsed(RelayProcess relay) throws IOException {
    assertTrue(Integer.parseInt(relay.awaitLogged(REHEARSED)) > 0, relay.err());
    assertFalse(relay.err().contains("rehearsal_failed"), relay.err());
  }

  private static void endsWell(RelayProcess relay) throws IOException, InterruptedException {
    relay.signal("TERM");
    assertEquals(0, relay.exit(), relay.err());
  }

  @Test
  void leavesNoRowNoFigureNoThreadAndNoDescriptor() throws Exception {
    assumeCores();
    Path other = Files.createDirectory(dir.resolve("other"));
    try (Provider provider = provider()) {
      String config = RelayProcess.config(dir, provider, DEBUG);
      String plain = RelayProcess.config(other, provider, DEBUG);
      try (RelayProcess relay = new RelayProcess(dir, "serve", config, LONG);
          RelayProcess without = new RelayProcess(other, "serve", plain, OFF)) {
        awaitRehearsed(relay);
        call(relay);
        call(without);
        without.awaitLogged("event=started ");
        assertFalse(without.err().contains("rehears"), without.err());
        awaitSame(() -> figures(without), () -> figures(relay));
        awaitSame(() -> threads(without), () -> threads(relay));
        awaitSame(() -> descriptors(without), () -> descriptors(relay));
        endsWell(relay);
        endsWell(without);
        assertEquals(lines(without), lines(relay));
      }
      assertEquals(
          List.of("1"),
          TestPostgres.ask(
              TestPostgres.databaseOf(config), "select count(*)::text from usage_record"));
    }
  }

  /** The counters of the relay by their labels, once the row is written. */
  private static List<String> figures(RelayProcess relay) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + relay.adminPort() + "/metrics");
    String page =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return page.lines()
        .filter(line -> line.matches("tailtap_\\w+(_total|_count|_connections|_idle)\\b.*"))
        .filter(line -> !line.matches(".*(batch|loop|poll|journal|scrape).*"))
        .sorted()
        .toList();
  }

  private static List<String> threads(RelayProcess relay) throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + relay.pid() + "/task"))) {
      for (Path task : tasks.toList()) {
        names.add(name(task).replaceAll("\\d+", "N"));
      }
    }
    names.removeIf(name -> !name.matches("(rehearsal|loop|acceptor|tailtap).*"));
    return names.stream().sorted().toList();
  }

  private static String name(Path task) throws IOException {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException ended) {
      return "";
    }
  }

  /** Sockets and what watches them. */
  private static List<String> descriptors(RelayProcess relay) throws IOException {
    List<String> kinds = new ArrayList<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/" + relay.pid() + "/fd"))) {
      for (Path each : open.toList()) {
        try {
          kinds.add(Files.readSymbolicLink(each).toString().replaceAll("\\d+", "N"));
        } catch (NoSuchFileException closed) {
          // meanwhile
        }
      }
    }
    kinds.removeIf(kind -> !kind.startsWith("socket:") && !kind.startsWith("anon_inode:"));
    return kinds.stream().sorted().toList();
  }

  /** What it wrote into its log, by the events, but for those of the rehearsal. */
  private static List<String> lines(RelayProcess relay) throws IOException {
    return relay
        .err()
        .lines()
        .filter(line -> line.contains("event=") && !line.contains("event=rehears"))
        .filter(line -> !line.contains("event=journal_staging_paused")) // by how busy the disk is
        .filter(line -> !line.matches(".*event=(not_)?ready\\b.*")) // and by how busy the cores are
        .map(line -> line.replaceAll(".*event=(\\w+).*", "$1"))
        .sorted()
        .toList();
  }

  private interface Look {
    List<String> now() throws Exception;
  }

  private static void awaitSame(Look expected, Look looked) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!expected.now().equals(looked.now()) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    assertEquals(expected.now(), looked.now());
  }

  @Test
  void leaksNoBuffer() throws Exception {
    assumeCores();
    try (Provider provider = provider()) {
      String config = RelayProcess.config(dir, provider, DEBUG);
      try (RelayProcess relay = RelayProcess.watched(dir, "serve", config, LONG)) {
        awaitRehearsed(relay);
        assertEquals(0, relay.look().leaks(), relay.err());
        call(relay);
        endsWell(relay);
      }
    }
  }

  @Test
  void endsWithTheFirstCallThatIsReal() throws Exception {
    assumeCores();
    try (Provider provider = provider()) {
      String config = RelayProcess.config(dir, provider, DEBUG);
      try (RelayProcess relay = new RelayProcess(dir, "serve", config, ENDLESS)) {
        relay.awaitLogged("event=rehearsal_begun");
        call(relay);
        relay.awaitLogged("event=rehearsed calls=");
        endsWell(relay);
      }
    }
  }

  @Test
  void holdsUpNoStop() throws Exception {
    assumeCores();
    try (Provider provider = provider()) {
      String config = RelayProcess.config(dir, provider, DEBUG);
      try (RelayProcess relay = new RelayProcess(dir, "serve", config, ENDLESS)) {
        relay.awaitLogged("event=rehearsal_begun");
        endsWell(relay);
      }
    }
  }

  @Test
  void takesNoDescriptorsFromClients() throws Exception {
    assumeCores();
    try (Provider provider = provider()) {
      String config = RelayProcess.config(dir, provider, DEBUG);
      try (RelayProcess relay = RelayProcess.limited(160, List.of(), dir, "serve", config, SHORT)) {
        relay.awaitLogged("event=rehearsal_skipped reason=descriptors");
        call(relay);
        endsWell(relay);
      }
    }
  }

  @Test
  void comesBeforeTheFormerRelayIsAskedForItsSockets() throws Exception {
    assumeTrue(Epoll.isAvailable(), "skipped: epoll missing");
    try (Provider provider = provider()) {
      String config = handingOver(provider);
      try (RelayProcess former = new RelayProcess(dir, "serve", config)) {
        former.awaitLogged("event=started ");
        try (RelayProcess next = new RelayProcess(dir, "serve", config, SHORT)) {
          next.awaitLogged("event=rehearsal_begun");
          assertFalse(former.err().contains("event=handover_begun"), former.err());
          call(former);
          next.awaitLogged("(?s)event=rehearsed .*event=started ");
          assertEquals(0, former.exit(), former.err());
          call(next);
          endsWell(next);
        }
      }
      assertEquals(
          List.of("2"),
          TestPostgres.ask(
              TestPostgres.databaseOf(config), "select count(*)::text from usage_record"));
    }
  }

  @Test
  void oneThatIsToldToStopWhileItRehearsesTakesNobodysPlace() throws Exception {
    assumeTrue(Epoll.isAvailable(), "skipped: epoll missing");
    try (Provider provider = provider()) {
      String config = handingOver(provider);
      try (RelayProcess former = new RelayProcess(dir, "serve", config)) {
        former.awaitLogged("event=started ");
        try (RelayProcess next = new RelayProcess(dir, "serve", config, ENDLESS)) {
          next.awaitLogged("event=rehearsal_begun");
          endsWell(next);
        }
        former.awaitLogged("event=handover_failed serving=on");
        call(former);
        endsWell(former);
      }
    }
  }

  private String handingOver(Provider provider) throws IOException {
    return RelayProcess.config(
        dir, provider, DEBUG, "relay.handover=" + dir.resolve("handover.sock"));
  }
}
