package dev.tailtap;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.loop.Transport;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
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
 * What stands between a provider and a client costs, in microseconds, over real loopback sockets in
 * one process: nothing at all ({@code direct}), a plain proxy, the relay by transport with its
 * journal and an embedded database, and that with a content type that the relay does not tap.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class RelayBenchmark {
  private static final int EVENTS = 50;
  private static final String BODY = "{\"model\":\"m\",\"stream\":true}";
  private static final byte[] REQUEST =
      ascii(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: relay.example\r\n"
              + "Content-Type: application/json\r\nContent-Length: "
              + BODY.length()
              + "\r\n\r\n"
              + BODY);
  private static final byte[] EVENT =
      chunk(
          "data: {\"id\":\"chatcmpl-0123456789abcdefghijklmno\",\"object\":\"chat.completion.chunk\","
              + "\"created\":1790000000,\"model\":\"example-1-mini\",\"system_fingerprint\":\"fp_0123\","
              + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" of\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] USAGE =
      chunk(
          "data: {\"id\":\"chatcmpl-0123456789\",\"model\":\"example-1-mini\",\"choices\":[],\"usage\":"
              + "{\"prompt_tokens\":120,\"completion_tokens\":50,\"total_tokens\":170}}\n\n");
  private static final String EVENT_END = "\n\n\r\n";
  private static final String BODY_END = "0\r\n\r\n";
  private static final byte[] LAST = ascii("0\r\n\r\n");

  @Param({"direct", "plain-epoll", "relay-epoll", "relay-io_uring", "relay-nio", "untapped-epoll"})
  private String way;

  private StreamSource source;
  private AutoCloseable between = () -> {};
  private byte[] head;
  private StreamSource.Client open;
  private OutputStream openAnswer;
  private StreamSource.Client client;

  @Setup
  public void connect() throws Exception {
    source = new StreamSource();
    String type = way.startsWith("untapped") ? "application/x-opaque" : "text/event-stream";
    head =
        ascii(
            "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    int port = way.equals("direct") ? source.port() : startBetween();
    client = new StreamSource.Client(port);
    open = new StreamSource.Client(port);
    open.write(REQUEST);
    openAnswer = source.next();
    openAnswer.write(head);
    event();
  }

  @TearDown
  public void close() throws Exception {
    openAnswer.write(LAST);
    open.readUntil(BODY_END);
    open.close();
    client.close();
    between.close();
    source.close();
  }

  /** One event of a stream that goes on, from the provider's write to the client's last read. */
  @Benchmark
  public int event() throws IOException {
    openAnswer.write(EVENT);
    return open.readUntil(EVENT_END);
  }

  /** A whole stream: request, head, 50 events one by one, usage, end; with its record forced. */
  @Benchmark
  public int stream() throws IOException, InterruptedException {
    client.write(REQUEST);
    OutputStream answer = source.next();
    answer.write(head);
    int read = 0;
    for (int i = 0; i < EVENTS; i++) {
      answer.write(EVENT);
      read += client.readUntil(EVENT_END);
    }
    answer.write(USAGE);
    answer.write(LAST);
    return read + client.readUntil(BODY_END);
  }

  private int startBetween() throws IOException, ConfigException {
    TransportChoice choice =
        TransportChoice.valueOf(way.substring(way.indexOf('-') + 1).toUpperCase(Locale.ROOT));
    if (way.startsWith("plain")) {
      PlainProxy proxy = new PlainProxy(Transport.of(choice), source.port());
      between = proxy;
      return proxy.port();
    }
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("relay.transport", choice.name().toLowerCase(Locale.ROOT));
    settings.put("upstream.source.url", "http://127.0.0.1:" + source.port());
    settings.put("upstream.source.usage", "leave");
    settings.put("route.source.path", "/");
    settings.put("route.source.upstream", "source");
    Relay relay = BenchRelay.start(settings);
    between = relay;
    return relay.port();
  }

  private static byte[] chunk(String event) {
    return ascii(Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
