package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A background response that many poll, through relays of which one is killed, counts once. */
@Lengthy
class PolledResponseTest {
  private static final int CLIENTS = 10;
  private static final int POLLS = 10;
  private static final String PATH = "/v1/responses/resp_1";
  private static final String RUNNING =
      "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"usage\":null}";
  private static final String DONE =
      "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"usage\":"
          + "{\"input_tokens\":121,\"output_tokens\":400,\"total_tokens\":521}}";

  private final String database = TestPostgres.freshDatabase();
  private final AtomicInteger asked = new AtomicInteger();

  @TempDir private Path dir;

  @Test
  void itsUsageCountsOnceThoughOneRelayIsKilled() throws Exception {
    Provider.Script script =
        (request, answer) ->
            answer.whole(200, "application/json", asked.incrementAndGet() < 30 ? RUNNING : DONE);
    CountDownLatch half = new CountDownLatch(CLIENTS * POLLS / 2);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try (Provider provider = new Provider(script);
        RelayProcess one = start("one", provider);
        RelayProcess other = start("other", provider)) {
      List<Future<Integer>> polls = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        List<Integer> ports = i % 2 == 0 ? ports(one, other) : ports(other, one);
        polls.add(clients.submit(() -> poll(ports, half)));
      }
      half.await();
      one.signal("KILL");
      one.exit();
      int answered = 0;
      for (Future<Integer> poll : polls) {
        answered += poll.get();
      }
      assertTrue(answered >= CLIENTS * POLLS - CLIENTS, answered + " answered");
      try (RelayProcess again = start("one", provider)) {
        awaitRows(asked.get());
        again.signal("TERM");
        again.exit();
      }
      assertEquals(
          "1 121 400",
          FrailPostgres.ask(
              database,
              "select concat_ws(' ', count(prompt_tokens), sum(prompt_tokens), sum(completion_tokens))"
                  + " from usage_record"));
      assertEquals(
          "1 521",
          FrailPostgres.ask(
              database,
              "select concat_ws(' ', sum(calls_with_usage), sum(total_tokens)) from usage_hour"));
      assertEquals(
          "t",
          FrailPostgres.ask(
              database, "select count(*) > 0 from usage_record where usage_state = 'repeated'"));
    } finally {
      clients.shutdownNow();
    }
  }

  private static List<Integer> ports(RelayProcess first, RelayProcess second) throws IOException {
    return List.of(first.port(), second.port());
  }

  /** By turns through both, and through the one that is left. */
  private static int poll(List<Integer> ports, CountDownLatch half) {
    int answered = 0;
    for (int i = 0; i < POLLS; i++) {
      try (RawClient client = new RawClient(ports.get(i % 2)).get(PATH)) {
        answered += client.answer().status() == 200 ? 1 : 0;
      } catch (IOException killed) {
        answered += again(ports.get((i + 1) % 2));
      }
      half.countDown();
    }
    return answered;
  }

  private static int again(int port) {
    try (RawClient client = new RawClient(port).get(PATH)) {
      return client.answer().status() == 200 ? 1 : 0;
    } catch (IOException killed) {
      return 0;
    }
  }

  /** A row for each call that the provider saw, those that were cut included. */
  private void awaitRows(int calls) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    String rows = "select count(*) from usage_record";
    while (Integer.parseInt(FrailPostgres.ask(database, rows)) < calls) {
      assertTrue(System.nanoTime() < deadline, "rows are missing");
      FaultGround.pause(20);
    }
  }

  private RelayProcess start(String name, Provider provider) throws IOException {
    Path home = Files.createDirectories(dir.resolve(name));
    List<String> lines =
        List.of(
            "relay.listen=127.0.0.1:0",
            "relay.instance=" + name,
            "admin.listen=127.0.0.1:0",
            "upstream.test.url=" + provider.url(),
            "route.test.path=/",
            "route.test.upstream=test",
            "journal.dir=" + home.resolve("journal"),
            "store.url=" + database);
    Path config = Files.write(home.resolve("relay.properties"), lines);
    return new RelayProcess(home, "serve", config.toString());
  }
}
