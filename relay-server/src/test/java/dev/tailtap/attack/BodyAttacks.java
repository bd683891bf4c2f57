package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What clients do with the bodies of their requests. */
final class BodyAttacks {
  private static final String CHAT = "/v1/chat/completions";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
  private static final int MIB = 1 << 20;
  private static final int DENSE_BYTES = 30 * MIB;

  static final List<Attack.Kind> ALL =
      List.of(
          Attack.Kind.of("bodyOfOneByteChunks", BodyAttacks::oneByteChunks).everyBuild(),
          Attack.Kind.of("oneByteChunksFromMany", BodyAttacks::manyOneByteChunks),
          Attack.Kind.of("oneByteChunksWithExtensions", BodyAttacks::extensions),
          Attack.Kind.of("bodiesThatWaitForTheirLastByte", BodyAttacks::lastByteMissing),
          Attack.Kind.of("hugeBodiesWithALength", ground -> huge(ground, true)),
          Attack.Kind.of("hugeBodiesChunked", ground -> huge(ground, false)),
          Attack.Kind.of("denseJsonBodies", BodyAttacks::dense),
          Attack.Kind.of("slowBodiesOnEveryStream", BodyAttacks::slow)
              .alone()
              .with("limits.streams=200"));

  private BodyAttacks() {}

  private static void oneByteChunks(Ground ground) throws Exception {
    ByteBuffer chunks = Ground.bytes("1\r\n \r\n".repeat(10_000));
    ground.answer(head -> answering(200));
    // 8 million of them each; the body stays below limits.request-body.
    ground.crowd(2, () -> new Sender(ground.post(CHAT) + CHUNKED, chunks, 800));
    ground.goOn();
  }

  private static void manyOneByteChunks(Ground ground) throws Exception {
    ByteBuffer chunks = Ground.bytes("1\r\n \r\n".repeat(10_000));
    ground.answer(head -> answering(200));
    ground.crowd(ground.many(200, 500), () -> new Sender(ground.post(CHAT) + CHUNKED, chunks, 800));
    ground.goOn();
  }

  private static void extensions(Ground ground) throws Exception {
    ByteBuffer chunks = Ground.bytes(("1;" + "e".repeat(4_000) + "\r\n \r\n").repeat(16));
    ground.answer(head -> answering(200));
    ground.crowd(4, () -> new Sender(ground.post(CHAT) + CHUNKED, chunks, 10_000));
    ground.goOn();
  }

  private static void lastByteMissing(Ground ground) throws Exception {
    ByteBuffer piece = Ground.bytes(" ".repeat(MIB));
    ground.answer(head -> answering(200));
    String length = "Content-Length: " + (31 * MIB + 1) + "\r\n\r\n";
    ground.crowd(30, () -> new Sender(ground.post(CHAT) + length, piece, 31));
    ground.goOn();
  }

  private static void huge(Ground ground, boolean withLength) throws Exception {
    String chunk = Integer.toHexString(MIB) + "\r\n" + " ".repeat(MIB) + "\r\n";
    ByteBuffer piece = Ground.bytes(withLength ? " ".repeat(MIB) : chunk);
    String framing = withLength ? "Content-Length: " + (300 * MIB + 1) + "\r\n\r\n" : CHUNKED;
    ground.answer(head -> Origin.numberOf(head.target()) % 2 == 0 ? deaf() : answering(200));
    ground.crowd(10, () -> new Sender(ground.post(CHAT) + framing, piece, 300));
    ground.crowd(20, () -> new Sender(ground.post("/v1/files") + framing, piece, 300));
    ground.goOn();
  }

  private static void dense(Ground ground) throws Exception {
    ground.answer(head -> answering(200));
    Caller.Tally tally = new Caller.Tally();
    List<ByteBuffer> bodies = List.of(dense("1,", "1"), dense("[", ""), dense("{\"a\":{}},", "{}"));
    for (ByteBuffer body : bodies) {
      ground.crowd(1, () -> new DenseSender(ground, body, tally));
    }
    ground.goOn();
    ground.verdict().fact("dense bodies: %s", tally);
  }

  private static ByteBuffer dense(String repeated, String last) {
    String text = "[" + repeated.repeat(DENSE_BYTES / repeated.length()) + last + "]";
    return Ground.bytes(text);
  }

  private static void slow(Ground ground) throws Exception {
    ground.answer(head -> answering(200));
    ground.crowd(200, () -> new SlowSender(ground.post(CHAT) + "Content-Length: 1000\r\n\r\n"));
    String quick = "Content-Length: 2\r\n\r\n{}";
    long began = System.nanoTime();
    long grace = Requirements.SLOW_BODIES_END.toNanos();
    boolean served = false;
    while (!served && System.nanoTime() - began < grace) {
      ground.await(1, () -> false);
      Caller.Tally first = new Caller.Tally();
      ground.crowd(1, () -> new Caller(first, ground.post(CHAT) + quick));
      served = ground.await(2, () -> first.ended() == 1) && first.served() == 1;
    }
    ground
        .verdict()
        .require(served, "another call is served: after %.0f s", (System.nanoTime() - began) / 1e9);
    Caller.Tally tally = new Caller.Tally();
    for (int i = 1; i <= 20; i++) {
      int ended = 5 * i;
      ground.crowd(5, () -> new Caller(tally, ground.post(CHAT) + quick));
      ground.await(2, () -> tally.ended() >= ended);
    }
    ground.verdict().require(tally.served() == 100, "100 quick calls beside them: %s", tally);
  }

  /** A provider that takes no byte of the body. */
  private static Origin.Script deaf() {
    return new Origin.Script() {
      @Override
      public void head(Wire wire, Head request) {
        wire.setReading(false);
      }
    };
  }

  static Origin.Script answering(int status) {
    return new Origin.Script() {
      @Override
      public void whole(Wire wire, Head request) {
        wire.write(
            "HTTP/1.1 "
                + status
                + " Status\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
      }
    };
  }

  /** One dense body after the other, each on a connection of its own. */
  private static final class DenseSender extends Caller {
    private final Ground ground;
    private final ByteBuffer body;
    private final Tally tally;

    DenseSender(Ground ground, ByteBuffer body, Tally tally) {
      super(tally, ground.post(CHAT) + "Content-Length: " + body.remaining() + "\r\n\r\n");
      this.ground = ground;
      this.body = body;
      this.tally = tally;
    }

    @Override
    public void opened(Wire opened) {
      super.opened(opened);
      opened.write(body);
    }

    @Override
    public void whole(Head head) {
      super.whole(head);
      ground
          .reactor()
          .after(
              0,
              () -> ground.reactor().connect(ground.port(), new DenseSender(ground, body, tally)));
    }
  }

  /** A byte each second. */
  private static final class SlowSender extends Sender {
    SlowSender(String head) {
      super(head, Ground.bytes(""), 0);
    }

    @Override
    void sent(Wire wire) {
      if (!wire.closed()) {
        wire.write(" ");
        wire.reactor().after(TimeUnit.SECONDS.toNanos(1), () -> sent(wire));
      }
    }
  }
}
