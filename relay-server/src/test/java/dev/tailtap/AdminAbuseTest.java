package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What strangers could do to the admin port of a whole relay. */
@Lengthy
class AdminAbuseTest {
  @TempDir private Path dir;

  @Test
  @Rule(
      value = "Slow clients of the admin port are cut, and do not keep it from answering others",
      source = "SECURITY.md")
  void slowClientsAreCutAndHealthIsAnsweredMeanwhile() throws Exception {
    List<RawClient> slow = new ArrayList<>();
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayProcess relay = serve(provider)) {
      int port = relay.adminPort();
      for (int i = 0; i < 40; i++) {
        RawClient client = new RawClient(port);
        slow.add(client);
        client.send(i % 2 == 0 ? "GET /hea" : "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ");
      }
      assertEquals(200, health(port));
      for (RawClient client : slow) {
        assertTrue(client.awaitClose(), "a slow client is kept");
      }
      assertEquals(200, health(port));
    } finally {
      for (RawClient client : slow) {
        client.close();
      }
    }
  }

  @Test
  @Rule(
      value = "More slow clients than the admin port has places do not keep others waiting",
      source = "SECURITY.md")
  void moreSlowClientsThanPlacesDelayNobody() throws Exception {
    List<RawClient> slow = new ArrayList<>();
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayProcess relay = serve(provider)) {
      int port = relay.adminPort();
      for (int i = 0; i < 1000; i++) {
        RawClient client = new RawClient(port);
        slow.add(client);
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ");
      }
      assertEquals(200, health(port));
      assertTrue(slow.get(0).awaitClose(), "the slowest of all is kept");
      try (RawClient last = new RawClient(port)) {
        last.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ").send("y\r\n\r\n");
        assertEquals(200, last.answer().status(), "who came last had to leave first");
      }
    } finally {
      for (RawClient client : slow) {
        client.close();
      }
    }
  }

  @Test
  @Rule(value = "A request of any size takes bounded memory", source = "SECURITY.md")
  void anEndlessHeadIsCut() throws Exception {
    try (Provider provider = new Provider((request, answer) -> answer.close());
        RelayProcess relay = serve(provider);
        RawClient client = new RawClient(relay.adminPort())) {
      client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
      assertTrue(sendsUntilCut(client), "four megabytes of fields were taken");
      assertEquals(200, health(relay.adminPort()));
    }
  }

  @Test
  @Rule(
      value = "On an address that others reach, the admin port wants a token",
      source = "SECURITY.md")
  void withoutATokenItRefusesToListenForOthers() throws Exception {
    Path config = Files.createFile(dir.resolve("relay.properties"));
    try (RelayProcess relay =
        new RelayProcess(
            dir,
            "serve",
            config.toString(),
            "--set",
            "upstream.a.url=http://127.0.0.1:1",
            "--set",
            "route.a.path=/",
            "--set",
            "route.a.upstream=a",
            "--set",
            "admin.listen=0.0.0.0:0")) {
      assertEquals(2, relay.exit());
      assertTrue(
          relay.err().contains("admin.token: must be set while admin.listen is no loopback"),
          relay.err());
      assertFalse(relay.out().contains("port"), relay.out());
    }
  }

  private static boolean sendsUntilCut(RawClient client) {
    String field = "X: " + "x".repeat(1000) + "\r\n";
    try {
      for (int i = 0; i < 4000; i++) {
        client.send(field);
      }
      return client.head().status() >= 400;
    } catch (java.io.IOException cut) {
      return true;
    }
  }

  private static int health(int port) throws Exception {
    try (RawClient client = new RawClient(port)) {
      return client.get("/healthz").answer().status();
    }
  }

  private RelayProcess serve(Provider provider) throws Exception {
    return new RelayProcess(List.of(), dir, "serve", RelayProcess.config(dir, provider));
  }
}
