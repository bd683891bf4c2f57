package dev.tailtap;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A short call over real loopback sockets, in microseconds, one at a time: where its route has one
 * upstream, where the first of its two refuses the connection, and where it answers 503. Look at
 * the medians. An upstream that has failed five times in a row is left out, so each is asked four
 * times, and there are as many routes as that takes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = FailoverBenchmark.WARM_UP)
@Measurement(iterations = FailoverBenchmark.CALLS)
@Fork(1)
public class FailoverBenchmark {
  static final int WARM_UP = 1200;
  static final int CALLS = 1200;

  private static final int OF_EACH = 4;
  private static final int ROUTES = (WARM_UP + CALLS) / OF_EACH;
  private static final String BODY = "{\"model\":\"m\"}";
  private static final String END = "\"total_tokens\":7}}";
  private static final String SAID =
      "{\"id\":\"c\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4," + END;
  private static final byte[] ANSWER = answer("200 OK", SAID);
  private static final byte[] BUSY = answer("503 Service Unavailable", "{}");

  @Param({"alone", "refused", "busy"})
  private String first;

  private StreamSource well;
  private StreamSource busy;
  private Relay relay;
  private StreamSource.Client client;
  private int call;

  @Setup
  public void connect() throws Exception {
    well = new StreamSource();
    busy = new StreamSource();
    String fails =
        first.equals("busy") ? "http://127.0.0.1:" + busy.port() : "http://127.0.0.1:" + closed();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("upstream.well.url", "http://127.0.0.1:" + well.port());
    for (int i = 0; i < ROUTES; i++) {
      settings.put("upstream.fails-" + i + ".url", fails);
      settings.put("route.r" + i + ".path", "/" + i);
      settings.put("route.r" + i + ".strip", "/" + i);
      settings.put(
          "route.r" + i + ".upstreams", first.equals("alone") ? "well" : "fails-" + i + " | well");
    }
    relay = BenchRelay.start(settings);
    client = new StreamSource.Client(relay.port());
  }

  private static int closed() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  @TearDown
  public void close() throws Exception {
    client.close();
    relay.close();
    well.close();
    busy.close();
  }

  /** From the client's write of its request to its read of the whole answer. */
  @Benchmark
  public int call() throws IOException, InterruptedException {
    client.write(request(call++ / OF_EACH));
    if (first.equals("busy")) {
      busy.next().write(BUSY);
    }
    OutputStream answer = well.next();
    answer.write(ANSWER);
    return client.readUntil(END);
  }

  private static byte[] request(int route) {
    return ascii(
        "POST /"
            + route
            + "/v1/chat/completions HTTP/1.1\r\nHost: relay.example\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + BODY.length()
            + "\r\n\r\n"
            + BODY);
  }

  private static byte[] answer(String status, String body) {
    return ascii(
        "HTTP/1.1 "
            + status
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
