package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see of a relay that was told to stop. */
class DrainTest {
  private static final String ASK = "{\"model\":\"m-1\"}";
  private static final Provider.Script OK =
      (request, answer) -> answer.whole(200, "application/json", "{}");

  @TempDir private Path dir;

  private static String connection(RawClient.Answer head) {
    return head.fields().get("connection");
  }

  private static RawClient.Answer ready(RelayProcess relay) throws IOException {
    try (RawClient client = new RawClient(relay.adminPort())) {
      return client.get("/readyz").answer();
    }
  }

  @Test
  @Rule(
      value = "For relay.drain-delay it says that it is not ready and goes on as before",
      source = "docs/OPERATIONS.md")
  void goesOnAcceptingForTheDelay() throws Exception {
    try (Provider provider = new Provider(OK)) {
      String config = RelayProcess.config(dir, provider, "relay.drain-delay=5m");
      try (RelayProcess relay = new RelayProcess(dir, "serve", config)) {
        int port = relay.port();
        relay.awaitLogged("event=ready\n");
        relay.signal("TERM");
        relay.awaitLogged("event=drain_delayed millis=300000");
        assertEquals("not ready: draining\n", ready(relay).text());
        for (int i = 0; i < 3; i++) {
          try (RawClient client = new RawClient(port)) {
            RawClient.Answer answer = client.post("/v1/messages", ASK).answer();
            assertEquals(200, answer.status());
            assertNull(connection(answer));
            assertEquals(200, client.post("/v1/messages", ASK).answer().status());
          }
        }
        relay.signal("TERM");
        assertEquals(0, relay.exit(), relay.err());
        assertFalse(relay.err().contains("streams_cut=1"), relay.err());
      }
    }
  }

  @Test
  @Rule(
      value = "A server that is about to close says so in its last answer",
      source = "RFC 9112 section 9.6")
  void saysThatAnAnswerIsTheLastOnItsConnection() throws Exception {
    CountDownLatch drained = new CountDownLatch(1);
    Provider.Script held =
        (request, answer) -> {
          if (request.line().contains("/stream")) {
            answer.chunkedHead("text/event-stream").chunk("data: {}\n\n");
            drained.await();
            answer.lastChunk();
          } else if (request.line().contains("/held")) {
            drained.await();
            answer.whole(200, "application/json", "{}");
          } else {
            answer.whole(200, "application/json", "{}");
          }
        };
    try (Provider provider = new Provider(held)) {
      String config = RelayProcess.config(dir, provider, "relay.drain-timeout=5m");
      try (RelayProcess relay = new RelayProcess(dir, "serve", config);
          RawClient waits = new RawClient(relay.port());
          RawClient streams = new RawClient(relay.port());
          RawClient idle = new RawClient(relay.port())) {
        waits.post("/v1/held", ASK);
        RawClient.Answer begun = streams.post("/v1/stream", ASK).head();
        assertNull(connection(begun)); // it may ask again, and does
        streams.post("/v1/more", ASK);
        assertEquals(200, idle.post("/v1/more", ASK).answer().status());
        provider.take();
        provider.take();
        relay.signal("TERM");
        relay.awaitLogged("event=drain_begun streams=2 ");
        assertTrue(idle.awaitClose(), "who asks nothing is let go");
        Assertions.assertThrows(ConnectException.class, () -> new RawClient(relay.port()).close());
        drained.countDown();
        assertEquals("close", connection(waits.answer()));
        assertTrue(waits.awaitClose());
        assertTrue(streams.rest(begun).whole());
        RawClient.Answer last = streams.answer();
        assertEquals(200, last.status());
        assertEquals("close", connection(last));
        assertTrue(streams.awaitClose());
        assertEquals(0, relay.exit(), relay.err());
        relay.awaitLogged("event=drain_ended reason=all_ended streams_cut=0 ");
      }
    }
  }
}
