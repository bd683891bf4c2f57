package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;

/** What the clients of one load ask for: a head and, but for an upload, its body. On one loop. */
final class Requests {
  private static final String STREAM = "stream=";
  private static final String EVENTS = "events=";

  private final byte[] bytes;
  private final int streamAt; // -1: it has no numbers
  private final int eventsAt;

  Requests(LoadPlan plan) {
    String host = plan.host() + ":" + plan.port();
    bytes = bytes(plan, host);
    String text = new String(bytes, ISO_8859_1);
    boolean numbered = plan.call().kind().hasUsage();
    streamAt = numbered ? text.lastIndexOf(STREAM) + STREAM.length() : -1;
    eventsAt = numbered ? text.lastIndexOf(EVENTS) + EVENTS.length() : -1;
  }

  private static byte[] bytes(LoadPlan plan, String host) {
    return switch (plan.call().kind()) {
      case STREAM -> Script.request(host, plan.model(), plan.call().usage(), plan.headers());
      case JSON -> Script.shortRequest(host, plan.model(), plan.headers());
      case GZIP -> {
        List<String> headers = new ArrayList<>(plan.headers());
        headers.add("Accept-Encoding: gzip");
        yield Script.shortRequest(host, plan.model(), headers);
      }
      case UPLOAD ->
          file("POST", plan.model(), host)
              .concat(
                  "Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
                      .formatted(plan.call().bytes()))
              .getBytes(US_ASCII);
      case DOWNLOAD -> file("GET", plan.model(), host).concat("\r\n").getBytes(US_ASCII);
    };
  }

  private static String file(String method, String model, String host) {
    return "%s /v1/files/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer bench\r\n"
        .formatted(method, model, host);
  }

  /** To be written at once: the next one takes the same place. */
  byte[] next(int stream, int events) {
    if (streamAt >= 0) {
      Script.putHex(bytes, streamAt, 8, stream & 0xffffffffL);
      Script.putHex(bytes, eventsAt, 8, events & 0xffffffffL);
    }
    return bytes;
  }
}
