package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.StreamLoad;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A relay under slowhttptest, which sends heads and bodies by drops and reads answers by drops: the
 * streams of everybody else go on, and the slow ones are dropped.
 *
 * <p>Each attack takes ten seconds, so that they are left to a run that asks for more fault rounds
 * than CI's: {@code -Dtailtap.fault.rounds=6}.
 */
@Lengthy
class SlowClientsTest {
  private static final int ATTACKERS = 200;

  /** One for all: each of the provider's threads would hold its own for as long as it is read. */
  private static final byte[] LARGE = new byte[8 << 20];

  @TempDir private Path dir;

  @BeforeAll
  static void find() throws InterruptedException {
    assumeTrue(
        Integer.getInteger("tailtap.fault.rounds", 5) > 5,
        "skipped: only with tailtap.fault.rounds above 5");
    boolean there = true;
    try {
      new ProcessBuilder("slowhttptest", "-h")
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException missing) {
      there = false;
    }
    assumeTrue(there, "skipped: slowhttptest missing");
  }

  @Rule(
      value = "A server may time out a request that comes too slowly",
      source = "RFC 9110 section 15.5.9")
  @Test
  void servesAllOthersWhileHeadsComeByDrops() throws Exception {
    attack("-H", "/slow", null, "-i", "1", "-x", "24");
  }

  @Rule(
      value = "A server may time out a request that comes too slowly",
      source = "RFC 9110 section 15.5.9")
  @Test
  void servesAllOthersWhileBodiesComeByDrops() throws Exception {
    attack("-B", "/slow", "request_stalled", "-i", "3", "-s", "8192", "-x", "10");
  }

  @Test
  void servesAllOthersWhileAnswersAreReadByDrops() throws Exception {
    attack("-X", "/large", "client_stalled", "-w", "10", "-y", "20", "-n", "1", "-z", "5");
  }

  /**
   * Attacks a relay that others use.
   *
   * @param error which the row of a slow request then has; null: they are answered 408
   */
  private void attack(String kind, String path, String error, String... options) throws Exception {
    try (Provider provider = new Provider(SlowClientsTest::answer);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "limits.head-timeout",
                "2s",
                "limits.client-idle",
                "3s",
                "limits.request-stall",
                "2s",
                "limits.write-stall",
                "2s",
                "upstream.test.idle-timeout",
                "3s")) {
      StreamLoad load = new StreamLoad(8, () -> rig.relay().port(), "/normal", 0);
      try {
        load.awaitMore(20);
        int before = load.finished().size();
        slowhttptest(rig.url() + path, kind, options);
        assertTrue(load.finished().size() > before + 20, "the others were held up");
      } finally {
        load.close();
      }
      judge(rig, load);
      if (error == null) { // a head that never came is answered and is no row
        assertEquals(ATTACKERS, refused(rig, "head_timeout"));
      } else {
        assertTrue(
            rig.rowsUnder(path, 1).stream().anyMatch(row -> error.equals(row.get("error"))), error);
      }
    }
  }

  /** How many requests the relay answered itself because of this. */
  private static int refused(RelayRig rig, String reason) throws Exception {
    return rig.admin("/metrics")
        .lines()
        .filter(line -> line.startsWith("tailtap_requests_refused_total{reason=\"" + reason))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static void judge(RelayRig rig, StreamLoad load) throws Exception {
    assertEquals(0, load.refused());
    rig.awaitMetric("tailtap_client_connections 0.0"); // all slow ones are out
    rig.awaitMetric("tailtap_usage_in_flight 0.0");
    Map<String, String> rows =
        rig.rowsUnder("/normal", load.finished().size()).stream()
            .collect(
                Collectors.toMap(
                    row -> (String) row.get("path"),
                    row -> row.get("outcome") + " " + row.get("prompt_tokens")));
    Function<String, String> expected = stream -> "completed " + StreamLoad.numberOf(stream);
    List<String> wrong =
        load.finished().stream()
            .filter(stream -> !expected.apply(stream).equals(rows.get(stream)))
            .toList();
    assertEquals(List.of(), wrong);
  }

  private void slowhttptest(String url, String kind, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "slowhttptest", kind, "-c", "" + ATTACKERS, "-r", "100", "-l", "10", "-p", "5"));
    command.addAll(List.of("-u", url));
    command.addAll(List.of(options));
    Path said = dir.resolve("slowhttptest.out");
    Process attack =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    attack.waitFor();
    String words = Files.readString(said);
    assertTrue(words.contains("Test ended"), words); // its own probe gives up on a large answer
  }

  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    String path = request.line().split(" ", 3)[1];
    if (path.startsWith("/large")) {
      answer.whole(200, "text/plain", LARGE);
      return;
    }
    if (!path.startsWith("/normal")) {
      answer.whole(200, "text/plain", "ok");
      return;
    }
    int number = StreamLoad.numberOf(path);
    answer
        .chunkedHead("text/event-stream")
        .chunk(
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":1,\"total_tokens\":%d}}\n\n"
                .formatted(number, number + 1))
        .chunk("data: [DONE]\n\n")
        .lastChunk();
  }
}
