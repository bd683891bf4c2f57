package dev.tailtap.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tailtap.config.LogConfig;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.Tool;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.RowJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line of each row, wherever it goes. */
@Rule(
    value = "log.calls has a line for each row, with its names and values, and holds up no call",
    source = "docs/TRACES_AND_LOGS.md")
class CallLinesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String STREAM =
      "data: {\"id\":\"c\",\"model\":\"m-1\u00e9\",\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n"
          + "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
          + "\"completion_tokens\":4,\"total_tokens\":7}}\n\ndata: [DONE]\n\n";
  private static final Provider.Script ANSWERS =
      (request, answer) -> {
        if (request.line().contains("/cut")) {
          answer.chunkedHead("text/event-stream").chunk("data: {}\n\n").reset();
        } else if (request.line().contains("/no")) {
          answer.whole(429, "application/json", "{\"error\":\"answer-secret\"}");
        } else {
          answer.chunkedHead("text/event-stream").chunk(STREAM).lastChunk();
        }
      };

  @TempDir private Path dir;

  private static void call(int port, String path) throws IOException {
    String body = "{\"model\":\"m\",\"stream\":true,\"messages\":[\"prompt-secret\"]}";
    try (RawClient client = new RawClient(port)) {
      client
          .send(
              "POST "
                  + path
                  + "/v1/chat/completions?key=key-secret HTTP/1.1\r\nHost: relay\r\n"
                  + "Authorization: Bearer key-secret\r\nX-Team: a \"b\"\r\n"
                  + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                  + "Content-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body)
          .answer();
    }
  }

  /** Once there are so many. */
  private static List<JsonNode> lines(Path file, int count) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    List<String> lines = List.of();
    while (lines.size() < count) {
      assertTrue(System.nanoTime() < deadline, () -> "not so many lines in " + file);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      String text = Files.exists(file) ? Files.readString(file) : "";
      lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }
    List<JsonNode> parsed = new ArrayList<>();
    for (String line : lines) {
      parsed.add(MAPPER.readTree(line));
    }
    return parsed;
  }

  @Test
  void aLineSaysWhatTheRowSays() throws Exception {
    Path file = dir.resolve("calls.log");
    try (Provider provider = new Provider(ANSWERS);
        RelayRig rig =
            new RelayRig(
                provider.url(), "log.calls", file.toString(), "tag.team", "header:X-Team")) {
      for (String path : List.of("", "/cut", "/no")) {
        call(rig.relay().port(), path);
      }
      rig.rows(3);
      List<JsonNode> lines = lines(file, 3);
      assertEquals(3, lines.size());
      for (JsonNode line : lines) {
        assertEquals("timestamp", line.fieldNames().next());
        assertEquals(line.path("ended_at").asText(), line.path("timestamp").asText());
        String shown = rig.admin("/records?id=" + line.path("id").asText());
        ObjectNode row = (ObjectNode) MAPPER.readTree(shown).path("records").path(0);
        List<String> unknown = new ArrayList<>();
        row.fields()
            .forEachRemaining(
                column -> {
                  if (column.getValue().isNull()) {
                    unknown.add(column.getKey());
                  }
                });
        row.remove(unknown);
        ((ObjectNode) line).remove("timestamp");
        assertEquals(row, line);
        assertTrue(line.has("trace_id") && line.has("tags"), line.toString());
      }
      assertFalse(Files.readString(file).contains("secret"));
    }
  }

  @Test
  void goesOnInANewFileOnceTheOldOneIsRenamed() throws Exception {
    Path file = dir.resolve("calls.log");
    Path rotated = dir.resolve("calls.log.1");
    try (Provider provider = new Provider(ANSWERS);
        RelayRig rig = new RelayRig(provider.url(), "log.calls", file.toString())) {
      call(rig.relay().port(), "");
      lines(file, 1);
      Files.move(file, rotated);
      call(rig.relay().port(), "/no");
      assertEquals(429, lines(file, 1).get(0).path("http_status").asInt());
      assertEquals(1, lines(rotated, 1).size());
      Files.delete(file);
      call(rig.relay().port(), "");
      assertEquals(200, lines(file, 1).get(0).path("http_status").asInt());
    }
  }

  @Test
  void goesElsewhereAsSoonAsTheSettingsSay() throws Exception {
    Path one = dir.resolve("one.log");
    Path two = dir.resolve("two.log");
    try (Provider provider = new Provider(ANSWERS);
        RelayRig rig = new RelayRig(provider.url())) {
      call(rig.relay().port(), "/before");
      rig.reload("log.calls", one.toString());
      call(rig.relay().port(), "/one");
      rig.reload("log.calls", two.toString());
      call(rig.relay().port(), "/two");
      rig.reload("log.calls", "");
      call(rig.relay().port(), "/after");
      assertEquals("/two/v1/chat/completions", lines(two, 1).get(0).path("path").asText());
      assertEquals("/one/v1/chat/completions", lines(one, 1).get(0).path("path").asText());
      rig.rows(4);
    }
    assertEquals(1, lines(one, 1).size());
    assertEquals(1, lines(two, 1).size());
  }

  @Test
  void goesToStandardOutput() throws Exception {
    try (Provider provider = new Provider(ANSWERS)) {
      String config = RelayProcess.config(dir, provider, "log.calls=stdout");
      try (RelayProcess relay = new RelayProcess(dir, "serve", config)) {
        call(relay.port(), "");
        String line = relay.await("(?m)^(\\{.*\\})$");
        assertEquals("completed", MAPPER.readTree(line).path("outcome").asText());
      }
    }
  }

  @Test
  void countsWhatADiskDoesNotTake() throws Exception {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "skipped: /dev/full missing");
    try (Provider provider = new Provider(ANSWERS);
        RelayRig rig = new RelayRig(provider.url(), "log.calls", full.toString())) {
      call(rig.relay().port(), "");
      rig.awaitMetric("tailtap_call_log_dropped_total{reason=\"failed\"} 1.0");
      call(rig.relay().port(), "");
      rig.awaitMetric("tailtap_call_log_dropped_total{reason=\"failed\"} 2.0");
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  void aPipeThatNobodyReadsHoldsUpNeitherCallsNorTheStop() throws Exception {
    Path pipe = pipe();
    try (Provider provider = new Provider(ANSWERS);
        RelayRig rig = new RelayRig(provider.url(), "log.calls", pipe.toString())) {
      call(rig.relay().port(), "/no");
      call(rig.relay().port(), "");
      assertEquals(2, rig.rows(2).size());
    } // which comes although nothing is read
    try (BufferedReader late = Files.newBufferedReader(pipe)) { // lets the thread go
      assertEquals(429, MAPPER.readTree(late.readLine()).path("http_status").asInt());
    }
  }

  @Test
  void dropsAndCountsWhatFindsNoRoom() throws Exception {
    Path pipe = pipe();
    Stats stats = new Stats();
    try (CallLog log = new CallLog(RowJson::write, stats)) {
      log.use(new LogConfig(pipe.toString(), LogConfig.Format.TEXT, LogConfig.Level.INFO));
      for (int i = 0; i < 10_000; i++) {
        log.offer(record());
      }
      long dropped = stats.value(Metric.CALL_LOG_DROPPED, "queue_full");
      assertTrue(dropped >= 10_000 - 8_192 - 256, dropped + " were dropped");
      try (BufferedReader late = Files.newBufferedReader(pipe)) {
        for (long i = dropped; i < 10_000; i++) {
          assertTrue(MAPPER.readTree(late.readLine()).has("id"));
        }
      }
    }
  }

  private Path pipe() throws InterruptedException {
    Path pipe = dir.resolve("pipe");
    assumeTrue(Tool.runs("mkfifo", pipe.toString()), "skipped: mkfifo missing");
    return pipe;
  }

  private static UsageRecord record() {
    UUID id = new UUID(1, 2);
    Instant start = Instant.parse("2026-03-01T10:15:30Z");
    return new UsageRecord(
        new OpenRecord(id, start, "r", "u", "d", "POST", "/", null, Try.of(id)),
        UsageRecord.Request.UNREAD,
        UsageRecord.Response.NONE,
        UsageReading.NONE,
        new UsageRecord.End(start.plusMillis(5), 5, Outcome.UNREACHABLE, "x"));
  }
}
