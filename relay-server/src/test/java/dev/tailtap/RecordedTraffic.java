package dev.tailtap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.file.ConfigException;
import dev.tailtap.prices.RecordedCall;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.TestPostgres;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Recorded calls that several clients have made through a relay, with an upstream for each name.
 */
final class RecordedTraffic implements AutoCloseable {
  private static final int CLIENTS = 8;

  /**
   * One who asked for something.
   *
   * @param ids of the rows that this made, in their order
   */
  record Sent(RecordedCall call, List<String> ids) {}

  private final String database = TestPostgres.freshDatabase();
  private final Map<String, String> settings;
  private final Provider provider;
  private final RelayRig rig;

  /** Starts the relay. */
  RecordedTraffic(List<RecordedCall> calls) throws IOException, ConfigException {
    provider = new Provider((request, answer) -> answer(calls, request.field("x-call"), answer));
    settings = settings(calls, provider.url());
    rig =
        RelayRig.on(
            database,
            provider.url(),
            settings.entrySet().stream()
                .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
                .toArray(String[]::new));
  }

  RelayRig rig() {
    return rig;
  }

  @Override
  public void close() throws IOException {
    rig.close();
    provider.close();
  }

  private static void answer(List<RecordedCall> calls, String number, Provider.Answer answer)
      throws IOException {
    RecordedCall call = calls.get(Integer.parseInt(number));
    StringBuilder head = new StringBuilder("HTTP/1.1 " + call.status() + " As Recorded\r\n");
    call.fields()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("content-length: ").append(call.answer().length).append("\r\n\r\n");
    answer.send(head.toString());
    answer.send(call.answer());
  }

  /** An upstream for each provider, told by the host that is asked. */
  private static Map<String, String> settings(List<RecordedCall> calls, String url) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (RecordedCall call : calls) {
      settings.put("upstream." + call.upstream() + ".url", url);
      settings.put("route." + call.upstream() + ".path", "/");
      settings.put("route." + call.upstream() + ".host", call.upstream() + ".test");
      settings.put("route." + call.upstream() + ".upstream", call.upstream());
    }
    settings.put("usage.include", "leave");
    return settings;
  }

  /** By each caller; what is asked for more than once by the first alone. The rows are written. */
  List<Sent> ask(List<RecordedCall> calls, List<String> callers) throws Exception {
    List<Callable<List<Sent>>> clients = new ArrayList<>();
    for (int client = 0; client < CLIENTS; client++) {
      int first = client;
      clients.add(
          () -> {
            List<Sent> sent = new ArrayList<>();
            try (RawClient socket = rig.client()) {
              for (int number = first; number < calls.size(); number += CLIENTS) {
                RecordedCall call = calls.get(number);
                for (String caller : call.times() > 1 ? callers.subList(0, 1) : callers) {
                  sent.add(ask(socket, call, number, caller));
                }
              }
            }
            return sent;
          });
    }
    List<Sent> sent = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
    try {
      for (Future<List<Sent>> client : pool.invokeAll(clients)) {
        sent.addAll(client.get());
      }
    } finally {
      pool.shutdownNow();
    }
    rig.rows(sent.stream().mapToInt(one -> one.ids().size()).sum());
    return sent;
  }

  private static Sent ask(RawClient client, RecordedCall call, int number, String caller)
      throws IOException {
    String body = call.asked() == null ? "{}" : "{\"model\":\"" + call.asked() + "\"}";
    if (call.method().equals("GET")) {
      body = "";
    }
    String head =
        """
        %s %s HTTP/1.1
        Host: %s.test
        Authorization: Bearer sk-caller-%s
        X-Call: %d
        Content-Type: application/json
        Content-Length: %d

        """
            .formatted(call.method(), call.target(), call.upstream(), caller, number, body.length())
            .replace("\n", "\r\n");
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < call.times(); i++) {
      RawClient.Answer answer = client.send(head + body).answer();
      assertEquals(call.status(), answer.status(), call.line());
      assertArrayEquals(call.answer(), answer.body(), call.line());
      ids.add(answer.fields().get("x-tailtap-id"));
    }
    return new Sent(call, ids);
  }

  /**
   * As somebody does at the command line.
   *
   * @param dir for the files
   */
  void importPrices(Path dir, String csv) throws Exception {
    StringBuilder lines = new StringBuilder("store.url=" + database + "\n");
    settings.forEach((key, value) -> lines.append(key).append('=').append(value).append('\n'));
    Path config = Files.writeString(dir.resolve("relay.properties"), lines);
    Path file = Files.writeString(dir.resolve("prices.csv"), csv);
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, UTF_8);
    String[] command = {"prices", "import", file.toString(), config.toString(), "--apply"};
    assertEquals(0, new Main(out, out, Map.of()).run(command), () -> said.toString(UTF_8));
    assertTrue(
        said.toString(UTF_8).contains(csv.lines().skip(1).count() + " changes written"),
        said::toString);
  }
}
