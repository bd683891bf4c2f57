package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** What the provider of one load sends, and what its clients compare with. On one loop. */
final class Provided {
  private final LoadPlan plan;
  private final Filler filler;
  private final Script script;
  private final Answer answer; // null: it is a stream, or filler
  private final byte[] head;
  private final byte[] chunk;
  private final int chunkHeadBytes;

  Provided(LoadPlan plan, Filler filler) {
    this.plan = plan;
    this.filler = filler;
    this.script = new Script(plan.eventBytes());
    this.answer = answer(plan.call());
    this.head = head(plan).getBytes(US_ASCII);
    byte[] size = (Integer.toHexString(plan.eventBytes()) + "\r\n").getBytes(US_ASCII);
    chunkHeadBytes = size.length;
    chunk = new byte[size.length + plan.eventBytes() + 2];
    System.arraycopy(size, 0, chunk, 0, size.length);
    System.arraycopy(script.event(), 0, chunk, size.length, plan.eventBytes());
    chunk[chunk.length - 2] = '\r';
    chunk[chunk.length - 1] = '\n';
  }

  private static Answer answer(Call call) {
    return switch (call.kind()) {
      case STREAM, DOWNLOAD -> null;
      case JSON -> Answer.json();
      case UPLOAD -> Answer.stored(call.bytes());
      case GZIP -> Answer.packed(call.bytes());
    };
  }

  private static String head(LoadPlan plan) {
    if (plan.call().kind() == Call.Kind.DOWNLOAD) {
      return "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: "
          + plan.call().bytes()
          + "\r\n\r\n";
    }
    String type = plan.tapped() ? "text/event-stream" : "application/x-untapped";
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  /** Of a stream or a download. */
  byte[] head() {
    return head;
  }

  /** One event as a chunk; to be marked and copied at once. */
  byte[] chunk() {
    return chunk;
  }

  int chunkHeadBytes() {
    return chunkHeadBytes;
  }

  /** In one piece; null for streams and downloads. */
  Answer answer() {
    return answer;
  }

  Filler filler() {
    return filler;
  }

  EventSink newSink(EventSink.Listener listener) {
    return switch (plan.call().kind()) {
      case STREAM ->
          plan.exact()
              ? new StreamCheck(script, plan.call().usage(), listener)
              : new MarkScan(listener);
      case DOWNLOAD -> new FillerCheck(filler, plan.call().bytes());
      case JSON, UPLOAD, GZIP -> new AnswerCheck(answer);
    };
  }
}
