package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A loop that wakes to many events at once: more of some answers, which can no longer be written,
 * so that their clients' sockets close; new requests, whose sockets get the same descriptors; and
 * the resets of those clients. The process is stopped while that comes together, so that one wait
 * tells it all.
 */
class ReusedDescriptorTest {
  private static final int LEAVING = 4;
  private static final int ASKING = 16; // enough to take each descriptor that is free, too

  private final CountDownLatch mayGoOn = new CountDownLatch(1);
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  @TempDir private Path dir;

  @Test
  void opensNoConnectionThatIsToldTheEventsOfAClosedOne() throws Exception {
    try (Provider provider = new Provider(this::answer);
        RelayProcess relay = new RelayProcess(dir, "serve", config(provider).toString())) {
      List<RawClient> asking = connect(relay, ASKING);
      for (RawClient client : asking) { // the loop has it in hand
        assertEquals(200, client.get("/brief").answer().status());
      }
      List<RawClient> leaving = stopInTheMiddleOf(LEAVING, relay);
      for (RawClient client : asking) {
        client.get("/brief");
      }
      for (RawClient client : leaving) {
        client.reset();
      }
      relay.signal("CONT");
      for (RawClient client : asking) {
        assertEquals(200, client.answer().status());
        client.close();
      }
    }
  }

  @Test
  void acceptsNoConnectionThatIsToldTheEventsOfAClosedOne() throws Exception {
    try (Provider provider = new Provider(this::answer);
        RelayProcess relay = new RelayProcess(dir, "serve", config(provider).toString())) {
      List<RawClient> leaving = stopInTheMiddleOf(LEAVING, relay);
      List<RawClient> coming = connect(relay, ASKING); // the kernel takes them in meanwhile
      for (RawClient client : leaving) {
        client.reset();
      }
      relay.signal("CONT");
      for (RawClient client : coming) {
        assertEquals(200, client.get("/brief").answer().status());
        client.close();
      }
    }
  }

  /** Begins answers, stops the relay, and lets more of each come. */
  private List<RawClient> stopInTheMiddleOf(int answers, RelayProcess relay) throws Exception {
    List<RawClient> clients = connect(relay, answers);
    for (RawClient client : clients) {
      assertEquals(200, client.get("/long").head().status());
    }
    relay.signal("STOP");
    mayGoOn.countDown();
    for (int i = 0; i < answers; i++) {
      assertEquals("more", said.take());
    }
    return clients;
  }

  private static List<RawClient> connect(RelayProcess relay, int count) throws IOException {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      clients.add(new RawClient(relay.port()));
    }
    return clients;
  }

  private void answer(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    if (request.line().contains("/brief")) {
      answer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
      answer.close();
      return;
    }
    answer.chunkedHead("text/plain").chunk("begun");
    mayGoOn.await();
    answer.chunk("more");
    said.add("more");
  }

  private Path config(Provider provider) throws IOException {
    return Files.write(
        dir.resolve("relay.properties"),
        List.of(
            "relay.listen=127.0.0.1:0",
            "relay.loops=1",
            "admin.listen=127.0.0.1:0",
            "upstream.test.url=" + provider.url(),
            "route.test.path=/",
            "route.test.upstream=test",
            "journal.dir=" + dir.resolve("journal"),
            "store.url=" + TestPostgres.freshDatabase()));
  }
}
