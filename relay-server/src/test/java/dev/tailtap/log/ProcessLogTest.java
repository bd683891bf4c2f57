package dev.tailtap.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tailtap.config.LogConfig;
import dev.tailtap.rig.Lengthy;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay's own log: how it looks, what stands in it, and that nobody waits for its reader. */
@Rule(
    value = "Whoever logs never waits for whoever reads the log",
    source = "docs/TRACES_AND_LOGS.md")
@Lengthy
class ProcessLogTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Provider.Script WELL =
      (request, answer) -> answer.whole(200, "application/json", "{}");

  @TempDir private Path dir;

  private static void call(RelayProcess relay) throws IOException {
    try (RawClient client = new RawClient(relay.port()).post("/v1/chat/completions", "{}")) {
      assertEquals(200, client.answer().status());
    }
  }

  private static LogLine line(String message, Throwable thrown) {
    LogRecord record = new LogRecord(Level.WARNING, message);
    record.setLoggerName("dev.tailtap.Relay");
    record.setThrown(thrown);
    return LogLine.of(record);
  }

  private static JsonNode json(String message) throws IOException {
    return MAPPER.readTree(new JsonLayout().of(line(message, null)));
  }

  @Test
  void isWrittenAsJson() throws Exception {
    try (Provider provider = new Provider(WELL)) {
      String config = RelayProcess.config(dir, provider, "log.format=json");
      try (RelayProcess relay = new RelayProcess(dir, "serve", config)) {
        call(relay);
        relay.signal("TERM");
        assertEquals(0, relay.exit());
        String started = "";
        String stopped = "";
        for (String text : relay.err().lines().toList()) {
          JsonNode line = MAPPER.readTree(text);
          assertTrue(line.path("timestamp").asText().endsWith("Z"), text);
          assertTrue(line.path("logger").asText().startsWith("dev.tailtap."), text);
          started = line.path("event").asText().equals("started") ? text : started;
          stopped = line.path("event").asText().equals("stopped") ? text : stopped;
        }
        assertEquals("main", MAPPER.readTree(started).path("thread").asText());
        assertEquals("INFO", MAPPER.readTree(started).path("level").asText());
        assertEquals(
            Integer.toString(relay.port()), MAPPER.readTree(started).path("listening").asText());
        assertFalse(stopped.isEmpty(), "what is logged last is written, too");
      }
    }
  }

  @Test
  void anEventsWordsAreMembersToo() throws Exception {
    JsonNode line =
        json("event=x count=3 reason=\"it says \"no\" twice\" level=high none= last=\"a b\"");
    assertEquals("x", line.path("event").asText());
    assertTrue(line.path("count").isTextual(), "one type, whatever it says");
    assertEquals("it says \"no\" twice", line.path("reason").asText());
    assertEquals("WARN", line.path("level").asText(), "no word takes the place of a member");
    assertEquals("", line.path("none").asText());
    assertEquals("a b", line.path("last").asText());
    assertEquals(8, json("event=y more=1 and=no words left=2").size());
    assertEquals(5, json("config upstream.a.url=x: is odd").size());
    JsonNode thrown =
        MAPPER.readTree(
            new JsonLayout().of(line("event=bug\n\"\u0000\ud800", new IOException("why"))));
    assertTrue(thrown.path("exception").asText().startsWith("java.io.IOException: why\n\tat dev"));
    assertEquals("event=bug\n\"\ufffd\ufffd", thrown.path("message").asText());
  }

  @Test
  void textHasTimeThreadLevelAndLogger() {
    String line = new TextLayout().of(line("event=x", null));
    assertTrue(
        line.matches(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d) "
                + "\\[.+] WARN Relay - event=x\n"),
        line);
  }

  @Test
  void librariesAreHeardWhereTheyWarn() {
    Properties properties = new Properties();
    properties.setProperty("tailtap.log.dev.tailtap.usage", "debug");
    properties.setProperty("tailtap.log.io.netty", "trace");
    LogLevels levels = LogLevels.of(LogConfig.Level.ERROR, properties);
    assertEquals(Level.SEVERE, levels.byLogger().get(""));
    assertEquals(Level.SEVERE, levels.byLogger().get("dev.tailtap"));
    assertEquals(Level.FINE, levels.byLogger().get("dev.tailtap.usage"));
    assertEquals(Level.FINEST, levels.byLogger().get("io.netty"));
    LogLevels loud = LogLevels.of(LogConfig.Level.DEBUG, new Properties());
    assertEquals(Level.FINE, loud.byLogger().get("dev.tailtap"));
    assertEquals(Level.WARNING, loud.byLogger().get("")); // the JDK's HTTP client prints heads
  }

  @Test
  void theJdksNotesOnItselfAreNoneOfTheRelays() throws Exception {
    try (Provider provider = new Provider(WELL)) {
      String traces = "trace.otlp=" + provider.url() + "/v1/traces";
      String config = RelayProcess.config(dir, provider, "log.level=debug", traces);
      try (RelayProcess relay =
          new RelayProcess(dir, "serve", config, "--set", "log.format=json")) {
        call(relay);
        relay.signal("TERM"); // spans are sent on the way
        assertEquals(0, relay.exit());
        assertTrue(relay.err().contains("usage extracted"), "it is set to debug");
        for (String text : relay.err().lines().toList()) {
          String logger = MAPPER.readTree(text).path("logger").asText();
          assertTrue(logger.startsWith("dev.tailtap."), text);
        }
      }
    }
  }

  @Test
  void itsLevelIsChangedWhileItRuns() throws Exception {
    try (Provider provider = new Provider(WELL)) {
      Path config = Path.of(RelayProcess.config(dir, provider, "log.level=info"));
      try (RelayProcess relay = new RelayProcess(dir, "serve", config.toString())) {
        call(relay);
        level(config, "info", "debug");
        reload(relay);
        relay.awaitLogged("event=reload .*changed=log.level");
        assertFalse(relay.err().contains("usage extracted"), "at first it is not told");
        call(relay);
        relay.awaitLogged("DEBUG usage - usage extracted");
        level(config, "debug", "error");
        reload(relay);
        relay.signal("TERM");
        assertEquals(0, relay.exit());
        assertFalse(relay.err().contains("event=stopped"), relay.err());
      }
    }
  }

  /** By the admin port: a run may have been started with hangups ignored. */
  private static void reload(RelayProcess relay) throws IOException {
    try (RawClient client = new RawClient(relay.adminPort())) {
      client.send("POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
      assertEquals(200, client.answer().status());
    }
  }

  private static void level(Path config, String before, String after) throws IOException {
    String settings = Files.readString(config);
    Files.writeString(config, settings.replace("level=" + before, "level=" + after));
  }

  /** The kernel holds 64 KiB of a pipe; each call has more than a hundred bytes of the log. */
  @Test
  void aReaderThatIsNotThereHoldsUpNothing() throws Exception {
    Path pipe = dir.resolve("pipe");
    assumeTrue(Tool.runs("mkfifo", pipe.toString()), "skipped: mkfifo missing");
    try (Provider provider = new Provider(WELL)) {
      String config = RelayProcess.config(dir, provider, "log.level=debug");
      try (RelayProcess relay = RelayProcess.unread(pipe, dir, "serve", config)) {
        for (int i = 0; i < 700; i++) {
          call(relay);
        }
        relay.signal("TERM");
        assertEquals(0, relay.exit());
      }
    }
  }

  @Test
  void dropsCountsAndTellsWhatFindsNoRoom() throws Exception {
    CountDownLatch reader = new CountDownLatch(1);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            try {
              reader.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            written.write(bytes, from, length);
          }
        };
    AtomicInteger dropped = new AtomicInteger();
    LogHandler handler = new LogHandler(new PrintStream(slow, false, UTF_8));
    handler.onDropped(dropped::incrementAndGet);
    for (int i = 0; i < 5_000; i++) {
      handler.publish(new LogRecord(Level.INFO, "event=line number=" + i));
    }
    assertTrue(dropped.get() >= 5_000 - 4_096 - 256, dropped + " were dropped");
    reader.countDown();
    assertTrue(handler.flush(Patience.TIME));
    String text = written.toString(UTF_8);
    assertEquals(
        5_000 - dropped.get(), text.lines().filter(l -> l.contains("event=line ")).count());
    assertTrue(text.contains("event=log_lines_dropped count=" + dropped.get()), "it is not told");
  }
}
