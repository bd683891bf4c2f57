package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.DocumentedBlock;
import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.OtherProxy;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.StrictLoad;
import dev.tailtap.rig.TestPostgres;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Restarts while streams run and begin: no call fails, no stream is cut, no row is lost. {@code
 * -Dtailtap.restart-streams=500} says how many at a time.
 */
@Lengthy
class RestartUnderLoadTest {
  private static final int STREAMS = Integer.getInteger("tailtap.restart-streams", 30);
  private static final int EVENTS = 8;
  private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final String END =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}\n\n";

  @TempDir private Path dir;

  private static void stream(Provider.Request request, Provider.Answer answer) throws IOException {
    answer.chunkedHead("text/event-stream");
    for (int i = 0; i < EVENTS; i++) {
      answer.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"" + i + "\"}}]}\n\n");
      LockSupport.parkNanos(PACE_NANOS);
    }
    answer.chunk(END).chunk("data: [DONE]\n\n").lastChunk();
  }

  private void assertRows(String database, long calls) throws Exception {
    assertEquals(
        List.of("completed final " + calls + " " + 7 * calls),
        TestPostgres.ask(
            database,
            "select concat_ws(' ', outcome, usage_state, count(*), sum(total_tokens))"
                + " from usage_record group by outcome, usage_state"));
    assertEquals(
        List.of(calls + " " + 7 * calls),
        TestPostgres.ask(
            database, "select concat_ws(' ', sum(calls), sum(total_tokens)) from usage_hour"));
  }

  @Test
  @Rule(
      value = "A restart by hand-over fails no call and cuts no stream",
      source = "docs/OPERATIONS.md")
  void byHandover() throws Exception {
    assumeTrue(Epoll.isAvailable(), "skipped: epoll missing");
    try (Provider provider = new Provider(RestartUnderLoadTest::stream)) {
      String config =
          RelayProcess.config(
              dir,
              provider,
              "relay.handover=" + dir.resolve("handover.sock"),
              "relay.drain-timeout=5m",
              "limits.streams-per-address=0");
      String database = TestPostgres.databaseOf(config);
      long calls;
      try (RelayProcess first = new RelayProcess(dir, "serve", config);
          StrictLoad load = new StrictLoad(STREAMS, first.port(), "data: [DONE]\n\n")) {
        first.awaitLogged("event=started ");
        load.awaitMore(STREAMS);
        try (RelayProcess second = new RelayProcess(dir, "serve", config)) {
          second.awaitLogged("event=started ");
          load.awaitMore(STREAMS);
          try (RelayProcess third = new RelayProcess(dir, "serve", config)) {
            assertEquals(0, first.exit(), first.err());
            assertEquals(0, second.exit(), second.err());
            load.awaitMore(STREAMS);
            load.end();
            calls = load.calls();
            third.signal("TERM");
            assertEquals(0, third.exit(), third.err());
          }
          assertTrue(second.err().contains("streams_cut=0"), second.err());
        }
        assertTrue(first.err().contains("streams_cut=0"), first.err());
        assertEquals(List.of(), load.failures());
      }
      assertRows(database, calls);
    }
  }

  @Test
  @Rule(
      value = "A restart behind HAProxy by drain fails no call and cuts no stream",
      source = "docs/OPERATIONS.md")
  void behindABalancer() throws Exception {
    assumeTrue(OtherProxy.installed("haproxy"), "skipped: haproxy missing");
    int[] ports = {FreePort.choose(), FreePort.choose(), FreePort.choose(), FreePort.choose()};
    try (Provider provider = new Provider(RestartUnderLoadTest::stream)) {
      String config =
          RelayProcess.config(
              dir,
              provider,
              "relay.drain-delay=2s",
              "relay.drain-timeout=5m",
              "relay.trust=127.0.0.0/8",
              "limits.streams-per-address=0");
      String database = TestPostgres.databaseOf(config);
      try (RelayProcess one = relay(config, "one", ports[0], ports[1]);
          RelayProcess two = relay(config, "two", ports[2], ports[3])) {
        one.awaitLogged("event=started ");
        two.awaitLogged("event=started ");
        try (OtherProxy balancer = new OtherProxy("haproxy", balancer(ports));
            StrictLoad load = new StrictLoad(STREAMS, balancer.port(), "data: [DONE]\n\n")) {
          load.awaitMore(STREAMS);
          restart(one, "one", config, ports[0], ports[1], load);
          load.end();
          assertEquals(List.of(), load.failures());
          two.signal("TERM");
          assertEquals(0, two.exit(), two.err());
          assertRows(database, load.calls());
        }
      }
    }
  }

  /** And has calls go by the other one, and by both. */
  private void restart(
      RelayProcess running, String name, String config, int port, int admin, StrictLoad load)
      throws Exception {
    running.signal("TERM");
    assertEquals(0, running.exit(), running.err());
    assertTrue(running.err().contains("streams_cut=0"), running.err());
    load.awaitMore(STREAMS);
    try (RelayProcess again = relay(config, name, port, admin)) {
      again.awaitLogged("event=started ");
      load.awaitMore(2 * STREAMS);
      load.end();
      again.signal("TERM");
      assertEquals(0, again.exit(), again.err());
    }
  }

  private RelayProcess relay(String config, String name, int port, int admin) throws IOException {
    return new RelayProcess(
        dir,
        "serve",
        config,
        "--set=journal.dir=" + dir.resolve(name),
        "--set=relay.listen=127.0.0.1:" + port,
        "--set=admin.listen=127.0.0.1:" + admin);
  }

  /** The example of the page, with checks that come faster, and wait for a busy machine. */
  private static String balancer(int... ports) throws IOException {
    return DocumentedBlock.all("OPERATIONS.md", "haproxy")
        .get(0)
        .replace("bind :80", "bind 127.0.0.1:PORT")
        .replace("port 9090 inter 1s", "inter 300ms")
        .replace("balance leastconn", "balance leastconn\n  timeout check 20s")
        .replace("10.0.0.5:8080", "127.0.0.1:" + ports[0] + " port " + ports[1])
        .replace("10.0.0.6:8080", "127.0.0.1:" + ports[2] + " port " + ports[3]);
  }
}
