package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** What providers do with their answers, to clients that read and to clients that do not. */
final class AnswerAttacks {
  private static final String CHAT = "/v1/chat/completions";
  private static final int MIB = 1 << 20;
  private static final int SMALL_WINDOW = 4 * 1024;
  private static final String BODY = "{\"model\":\"m\",\"stream\":true}";
  private static final String EVENTS =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n";

  static final List<Attack.Kind> ALL =
      List.of(
          Attack.Kind.of("answersThatNobodyReads", AnswerAttacks::unread).everyBuild(),
          Attack.Kind.of("interimAnswersWithoutEnd", AnswerAttacks::interim),
          Attack.Kind.of("tinyInterimAnswersWithoutEnd", AnswerAttacks::tinyInterim),
          Attack.Kind.of("answersOfOneByteChunksWithExtensions", AnswerAttacks::extensions),
          Attack.Kind.of("answersOfOneByteChunks", AnswerAttacks::oneByteChunks),
          Attack.Kind.of("headsWithoutEnd", AnswerAttacks::endlessHead),
          Attack.Kind.of("eventsWithoutEnd", AnswerAttacks::endlessEvent),
          Attack.Kind.of("denseEventsAndDocuments", AnswerAttacks::dense),
          Attack.Kind.of("compressedZeros", AnswerAttacks::compressedZeros));

  private AnswerAttacks() {}

  private static void unread(Ground ground) throws Exception {
    ByteBuffer megabytes = Ground.bytes("x".repeat(16 * MIB));
    String head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: "
            + 16 * MIB
            + "\r\n\r\n";
    ground.answer(request -> repeating(head, megabytes, 1));
    ask(ground, 0, ground.many(1500, 5000));
  }

  private static void interim(Ground ground) throws Exception {
    String field = "x".repeat(5_900) + "\r\n";
    StringBuilder head = new StringBuilder("HTTP/1.1 103 Early Hints\r\n");
    for (int i = 0; i < 10; i++) {
      head.append("X-Hint-").append(i).append(": ").append(field);
    }
    ByteBuffer hint = Ground.bytes(head + "\r\n");
    ground.answer(request -> repeating("", hint, Long.MAX_VALUE));
    ask(ground, 5, 5);
  }

  private static void tinyInterim(Ground ground) throws Exception {
    ByteBuffer hints = Ground.bytes("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".repeat(1000));
    ground.answer(request -> repeating("", hints, Long.MAX_VALUE));
    ask(ground, 5, 5);
  }

  private static void extensions(Ground ground) throws Exception {
    ByteBuffer chunks = Ground.bytes(("1;" + "e".repeat(4_000) + "\r\nx\r\n").repeat(16));
    ground.answer(request -> repeating(EVENTS + "\r\n", chunks, Long.MAX_VALUE));
    ask(ground, 20, ground.many(200, 500));
  }

  private static void oneByteChunks(Ground ground) throws Exception {
    ByteBuffer chunks = Ground.bytes("1\r\nx\r\n".repeat(10_000));
    ground.answer(request -> repeating(EVENTS + "\r\n", chunks, Long.MAX_VALUE));
    ask(ground, 5, ground.many(200, 500));
  }

  private static void endlessHead(Ground ground) throws Exception {
    ByteBuffer fields = Ground.bytes("X-Field: value\r\n".repeat(1000));
    String many = "HTTP/1.1 200 OK\r\n";
    ByteBuffer bytes = Ground.bytes("x".repeat(16_000));
    ground.answer(
        request ->
            Origin.numberOf(request.target()) % 2 == 0
                ? repeating(many, fields, Long.MAX_VALUE)
                : repeating(many + "X-Field: ", bytes, Long.MAX_VALUE));
    ask(ground, 100, 100);
  }

  private static void endlessEvent(Ground ground) throws Exception {
    String piece = "x".repeat(16_000);
    ByteBuffer chunk = Ground.bytes(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
    String begin = "data: {\"choices\":[],\"usage\":{\"a\":\"";
    String head = EVENTS + "\r\n" + Integer.toHexString(begin.length()) + "\r\n" + begin + "\r\n";
    ground.answer(request -> repeating(head, chunk, Long.MAX_VALUE));
    ask(ground, 5, ground.many(200, 500));
  }

  private static void dense(Ground ground) throws Exception {
    ByteBuffer events = Ground.bytes("3e80\r\n" + "data:{}\n".repeat(2000) + "\r\n");
    ByteBuffer numbers = Ground.bytes("3e80\r\n" + "[1],".repeat(4000) + "\r\n");
    String json = EVENTS.replace("text/event-stream", "application/json") + "\r\n1\r\n[\r\n";
    ground.answer(
        request ->
            Origin.numberOf(request.target()) % 2 == 0
                ? repeating(EVENTS + "\r\n", events, Long.MAX_VALUE)
                : repeating(json, numbers, Long.MAX_VALUE));
    ask(ground, ground.many(100, 250), ground.many(100, 250));
  }

  private static void compressedZeros(Ground ground) throws Exception {
    byte[] bomb = zeros(100);
    String length = "Content-Length: " + bomb.length + "\r\n\r\n";
    ByteBuffer body = ByteBuffer.wrap(bomb);
    ground.answer(
        request ->
            repeating(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: "
                    + (Origin.numberOf(request.target()) % 2 == 0
                        ? "application/json\r\n"
                        : "text/event-stream\r\n")
                    + length,
                body,
                1));
    Caller.Tally tally = ask(ground, ground.many(50, 200), 20);
    ground.verdict().fact("clients of the compressed: %s", tally);
  }

  private static byte[] zeros(int megabytes) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      for (int i = 0; i < megabytes; i++) {
        gzip.write(new byte[MIB]);
      }
    }
    return compressed.toByteArray();
  }

  /** So many clients that read, and so many that do not. */
  private static Caller.Tally ask(Ground ground, int reading, int deaf) throws Exception {
    Caller.Tally tally = new Caller.Tally();
    ground.crowd(reading, () -> new Caller(tally, request(ground)));
    ground.crowd(deaf, SMALL_WINDOW, () -> new Deaf(request(ground)));
    ground.goOn();
    return tally;
  }

  private static String request(Ground ground) {
    return ground.post(CHAT) + "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY;
  }

  /** A head, and then one piece over and over, as fast as it is taken. */
  private static Origin.Script repeating(String head, ByteBuffer piece, long times) {
    return new Origin.Script() {
      private long left = times;

      @Override
      public void whole(Wire wire, Head request) {
        wire.write(head);
        wire.wantsMore(true);
      }

      @Override
      public void drained(Wire wire) {
        if (left-- > 0) {
          wire.write(piece);
        } else {
          wire.wantsMore(false);
        }
      }
    };
  }

  /** A client that asks and reads nothing. */
  static final class Deaf implements Part {
    private final String request;

    Deaf(String request) {
      this.request = request;
    }

    @Override
    public void opened(Wire wire) {
      wire.setReading(false);
      wire.write(request);
    }
  }
}
