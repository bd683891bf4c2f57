package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log says of calls that went wrong and of requests that were refused. */
class CallLogTest {
  private static final String KEY = "sk-never-in-a-log";
  private static final String PROMPT = "{\"model\":\"m\",\"input\":\"never in a log\"}";

  @TempDir private Path dir;

  private static void answer(Provider.Request request, Provider.Answer answer) throws IOException {
    String line = request.line();
    if (line.contains("/bad-head")) {
      answer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    } else if (line.contains("/cut")) {
      answer.chunkedHead("text/event-stream").chunk("data: never in a log\n\n").close();
    } else if (line.contains("/reset")) {
      answer.reset();
    } else if (line.contains("/error")) {
      answer.whole(429, "application/json", "{\"error\":\"never in a log\"}");
    } else {
      answer.whole(200, "text/plain", "ok");
    }
  }

  private static void call(int port, String path) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(
          "POST /v1"
              + path
              + "?key="
              + KEY
              + " HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer "
              + KEY
              + "\r\nContent-Length: "
              + PROMPT.length()
              + "\r\n\r\n"
              + PROMPT);
      client.answer();
    }
  }

  private RelayProcess serve(Provider provider) throws Exception {
    return new RelayProcess(
        dir,
        "serve",
        RelayProcess.config(
            dir,
            provider,
            "limits.request-body=10KiB",
            "limits.streams=100",
            "upstream.away.url=http://127.0.0.1:1",
            "route.away.path=/v1/away",
            "route.away.upstream=away"),
        "--set",
        "route.test.path=/v1");
  }

  @Test
  void hasOneLineForEachCallThatWentWrong() throws Exception {
    try (Provider provider = new Provider(CallLogTest::answer);
        RelayProcess relay = serve(provider)) {
      for (String path : List.of("/fine", "/bad-head", "/cut", "/reset", "/error", "/away")) {
        call(relay.port(), path);
      }
      String id = "event=call_failed id=[0-9a-f-]{36} upstream=";
      relay.awaitLogged(
          id + "test outcome=upstream_invalid error=upstream_bad_head status=0 rule=\\S+ after");
      relay.awaitLogged(id + "test outcome=upstream_reset error=upstream_cut status=200 after");
      relay.awaitLogged(id + "test outcome=upstream_reset error=upstream_reset status=0 after");
      relay.awaitLogged(id + "test outcome=upstream_error error=error_status status=429 after");
      relay.awaitLogged(
          id
              + "away outcome=unreachable error=upstream_unreachable status=0 after_ms=\\d+ "
              + "cause=\"[^\"]+\"");
      assertEquals(5, relay.err().lines().filter(line -> line.contains("call_failed")).count());
      assertNothingSecret(relay);
    }
  }

  @Test
  void hasOneLineForEachRefusal() throws Exception {
    try (Provider provider = new Provider(CallLogTest::answer);
        RelayProcess relay = serve(provider);
        RawClient large = new RawClient(relay.port());
        RawClient broken = new RawClient(relay.port())) {
      call(relay.port(), "/../nowhere");
      large.send("POST /v1/x HTTP/1.1\r\nHost: r\r\nContent-Length: 99999\r\n\r\n").answer();
      broken.send("GET /v1/x HTTP/1.1\r\nHost: r\r\nHost: r\r\n\r\n").answer();
      String refused = "event=request_refused error=";
      relay.awaitLogged(
          refused + "bad_request status=400 client=127.0.0.1 rule=\"the path must not have dot");
      relay.awaitLogged(refused + "body_too_large status=413 client=127.0.0.1");
      relay.awaitLogged(
          refused + "bad_request status=400 client=127.0.0.1 rule=\"exactly one Host");
      assertNothingSecret(relay);
    }
  }

  @Test
  void saysHowManyLinesItLeavesOutWhereThereAreTooMany() throws Exception {
    try (Provider provider = new Provider(CallLogTest::answer);
        RelayProcess relay = serve(provider);
        RawClient client = new RawClient(relay.port())) {
      client.send("GET /nowhere HTTP/1.1\r\nHost: relay\r\n\r\n".repeat(500));
      for (int i = 0; i < 500; i++) {
        assertEquals(404, client.answer().status());
      }
      long deadline = System.nanoTime() + Patience.NANOS;
      while (lines(relay) + leftOut(relay) < 500 && System.nanoTime() < deadline) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
      assertEquals(500, lines(relay) + leftOut(relay));
      assertTrue(
          leftOut(relay) > 100, lines(relay) + " lines, and " + leftOut(relay) + " left out");
    }
  }

  private static long lines(RelayProcess relay) throws IOException {
    return relay.err().lines().filter(line -> line.contains("request_refused")).count();
  }

  private static long leftOut(RelayProcess relay) throws IOException {
    return Pattern.compile("event=lines_suppressed count=(\\d+)")
        .matcher(relay.err())
        .results()
        .mapToLong(one -> Long.parseLong(one.group(1)))
        .sum();
  }

  private static void assertNothingSecret(RelayProcess relay) throws IOException {
    assertFalse(relay.err().contains(KEY), relay.err());
    assertFalse(relay.err().contains("never in a log"), relay.err());
  }
}
