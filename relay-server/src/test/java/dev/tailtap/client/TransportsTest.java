package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same streams over each of the transports that this machine loads. */
class TransportsTest {
  private static final int EVENTS = 400;
  private static final int UPLOADS = 40;
  private static final int CLIENTS = 4;

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "io_uring", "nio"})
  void carriesStreamsLargeBodiesAndCuts(String transport) throws Exception {
    assumeTrue(loads(transport), "skipped: " + transport + " missing");
    String large = "x".repeat(3_000_000);
    Provider.Script script =
        (request, answer) -> {
          if (request.line().contains("/large")) {
            answer.whole(200, "text/plain", request.text());
          } else if (request.line().contains("/cut")) {
            answer.chunkedHead("text/event-stream").chunk("data: {}\n\n");
            answer.reset();
          } else {
            answer.chunkedHead(ChatStream.SSE);
            for (int i = 0; i < EVENTS; i++) {
              answer.chunk(ChatStream.CONTENT);
            }
            answer.chunk(ChatStream.FINISH).chunk(ChatStream.USAGE).chunk(ChatStream.DONE);
            answer.lastChunk();
          }
        };
    try (Provider provider = new Provider(script);
        RelayRig rig = new RelayRig(provider.url(), "relay.transport", transport)) {
      try (RawClient client = rig.client()) {
        for (int i = 0; i < 3; i++) {
          assertTrue(client.post("/v1/chat/completions", ChatStream.ASKED).answer().whole());
        }
        assertEquals(large, client.post("/large", large).answer().text());
      }
      try (RawClient client = rig.client()) {
        assertFalse(client.post("/cut", "{}").answer().whole());
      }
      for (Map<String, Object> row : rig.rows(5).subList(0, 3)) {
        assertEquals("final", row.get("usage_state"));
        assertEquals("completed", row.get("outcome"));
      }
      assertEquals("upstream_reset", rig.rows(5).get(4).get("outcome"));
    }
  }

  /** Several megabytes either way, so that each side waits for the other; on new connections. */
  @ParameterizedTest
  @ValueSource(strings = {"epoll", "io_uring", "nio"})
  void losesNoneOfManyUploads(String transport) throws Exception {
    assumeTrue(loads(transport), "skipped: " + transport + " missing");
    String large = "0123456789".repeat(300_000);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try (Provider provider = new Provider(TransportsTest::echo);
        RelayRig rig = new RelayRig(provider.url(), "relay.transport", transport)) {
      List<Callable<Boolean>> uploads =
          Collections.nCopies(UPLOADS, () -> large.equals(upload(rig, large)));
      for (Future<Boolean> whole : clients.invokeAll(uploads)) {
        assertTrue(whole.get());
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private static void echo(Provider.Request request, Provider.Answer answer) throws IOException {
    answer.whole(200, "text/plain", request.text());
  }

  private static String upload(RelayRig rig, String body) throws IOException {
    try (RawClient client = rig.client()) {
      return client.post("/large", body).answer().text();
    }
  }

  private static boolean loads(String transport) {
    return switch (transport) {
      case "epoll" -> Epoll.isAvailable();
      case "io_uring" -> IoUring.isAvailable();
      default -> true;
    };
  }
}
