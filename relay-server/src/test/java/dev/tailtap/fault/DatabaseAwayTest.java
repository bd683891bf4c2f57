package dev.tailtap.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RamDisk;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A relay whose database is not there at the start, and comes later. */
@Lengthy
class DatabaseAwayTest {
  private static final String STREAM =
      """
      data: {"id":"c-1","model":"m-1","choices":[],"usage":\
      {"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}

      data: [DONE]

      """;

  /** Makes a record large, so that few of them fill the journal. */
  private static final String BULKY = "/bulky".repeat(1000);

  private static final int MORE_THAN_FIT = 5_000;

  private int port;
  private String url;

  @BeforeEach
  void findAPort() throws IOException {
    port = FreePort.choose();
    url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres";
  }

  @Test
  void streamsFlowAndTheirRowsWait() throws Exception {
    try (Provider provider = provider();
        RelayRig rig = RelayRig.on(url, provider.url());
        RawClient client = rig.client()) {
      for (int i = 0; i < 5; i++) {
        assertFlows(client);
      }
      assertEquals(503, rig.adminAnswer("/stats").statusCode());
      assertEquals(200, rig.adminAnswer("/healthz").statusCode());
      assertEquals(200, rig.adminAnswer("/readyz").statusCode());
      rig.awaitMetric("tailtap_usage_queue_depth 5.0");
      try (EmbeddedPostgres database = start()) {
        assertEquals(port, database.getPort());
        rig.awaitMetric("tailtap_usage_queue_depth 0.0");
        assertFlows(client);
        rig.awaitMetric("tailtap_usage_records_total{state=\"closed\"} 6.0");
        rig.awaitMetric("tailtap_usage_queue_depth 0.0");
        assertEquals(6, rig.rows(6).size());
        assertEquals(
            "[{sum=6}]", rig.query("select sum(calls)::bigint as sum from usage_hour").toString());
        String stats = rig.admin("/stats");
        assertTrue(stats.contains("\"calls\":6"), stats);
        assertTrue(stats.contains("\"total_tokens\":42"), stats);
      }
    }
  }

  @Test
  void theLiveFiguresSaySo() throws Exception {
    try (Provider provider = provider();
        RelayRig rig = RelayRig.on(url, provider.url());
        RawClient client = rig.client();
        RawClient live = new RawClient(rig.relay().adminPort())) {
      live.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertEquals(200, live.head().status());
      String event = live.chunk();
      assertTrue(
          event.contains("\"calls\":0,\"errors\":0,\"client_gone\":0,\"tokens\":{\"input\":0,"),
          event);
      assertFlows(client);
      assertFlows(client);
      event = awaitEvent(live, "\"database\":\"away\",\"waiting\":2,\"oldest_ms\":[1-9]");
      assertTrue(
          event.contains("\"calls\":2,\"errors\":0,\"client_gone\":0,\"tokens\":{\"input\":6,"),
          event);
      assertTrue(event.contains("\"output\":8,"), event);
      try (EmbeddedPostgres database = start()) {
        assertEquals(port, database.getPort());
        awaitEvent(live, "\"database\":\"up\",\"waiting\":0,\"oldest_ms\":0,");
      }
    }
  }

  private static String awaitEvent(RawClient live, String pattern) throws IOException {
    Pattern wanted = Pattern.compile(pattern);
    String event = live.chunk();
    for (int i = 0; i < Patience.SECONDS && !wanted.matcher(event).find(); i++) {
      event = live.chunk(); // one a second
    }
    assertTrue(wanted.matcher(event).find(), event);
    return event;
  }

  @Test
  void admitsNobodyWhileThereIsNoRoomForRows() throws Exception {
    try (Provider provider = provider();
        RelayRig rig =
            RelayRig.on(url, provider.url(), "journal.max-bytes", "8MiB", "usage.settle", "after");
        RawClient client = rig.client()) {
      int admitted = 0;
      RawClient.Answer answer = ask(client, BULKY);
      while (answer.status() == 200 && admitted < MORE_THAN_FIT) {
        admitted++;
        answer = ask(client, BULKY);
      }
      assertEquals(503, answer.status());
      assertTrue(answer.text().contains("\"code\":\"records_full\""), answer.text());
      assertTrue(Integer.parseInt(answer.fields().get("retry-after")) > 0);
      assertEquals(503, rig.adminAnswer("/readyz").statusCode());
      assertEquals(200, rig.adminAnswer("/healthz").statusCode());
      rig.awaitMetric("tailtap_usage_queue_depth " + admitted + ".0");
      try (EmbeddedPostgres database = start()) {
        assertEquals(port, database.getPort());
        rig.awaitMetric("tailtap_usage_queue_depth 0.0");
        rig.awaitMetric("tailtap_journal_admitting 1.0");
        assertFlows(client);
        assertEquals(admitted + 1, rig.rows(admitted + 1).size());
      }
    }
  }

  private static Provider provider() throws IOException {
    return new Provider(
        (request, answer) -> answer.chunkedHead("text/event-stream").chunk(STREAM).lastChunk());
  }

  private static void assertFlows(RawClient client) throws IOException {
    RawClient.Answer answer = ask(client, "");
    assertEquals(STREAM, answer.text());
    assertTrue(answer.whole());
  }

  private static RawClient.Answer ask(RawClient client, String place) throws IOException {
    return client
        .post(
            place + "/v1/chat/completions",
            "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
        .answer();
  }

  private EmbeddedPostgres start() throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(RamDisk.directory())
        .setPGStartupWait(Patience.TIME)
        .setPort(port)
        .start();
  }
}
