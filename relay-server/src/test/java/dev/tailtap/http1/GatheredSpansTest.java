package dev.tailtap.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who reads a body is told the same bytes, and seldom. */
class GatheredSpansTest {
  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(false);
  private final GatheredSpans spans = new GatheredSpans();
  private final BodyScanner scanner = BodyScanner.ofResponses();

  /** What was told. */
  private static final class Told implements BodyScanner.Spans {
    private final StringBuilder payload = new StringBuilder();
    private final List<ByteBuf> buffers = new ArrayList<>();
    private int holes;

    @Override
    public void payload(ByteBuf buf, int index, int length) {
      payload.append(buf.toString(index, length, ISO_8859_1));
      buffers.add(buf);
    }

    @Override
    public void hole(ByteBuf buf, int index, int length) {
      holes += length;
    }
  }

  @Test
  void aReadOfTheSmallestChunksIsAFewSpans() {
    Told told = scan("1\r\nx\r\n".repeat(5_000));
    assertEquals("x".repeat(5_000), told.payload.toString());
    assertTrue(told.buffers.size() < 20, () -> told.buffers.size() + " spans");
  }

  @Test
  void soIsOneWithExtensions() {
    Told told = scan("1;a\r\nx\r\n".repeat(4_000));
    assertEquals("x".repeat(4_000), told.payload.toString());
    assertEquals(8_000, told.holes);
    assertTrue(told.buffers.size() < 20, () -> told.buffers.size() + " spans");
  }

  @Test
  void whatAnAnswerIsMadeOfIsToldWhereItLies() {
    String event = "data: {\"choices\":[{\"delta\":{\"content\":\"tail\"}}]}\n\n";
    String end = "data: [DONE]\n\n";
    ByteBuf read = Unpooled.copiedBuffer(chunk(event).repeat(100) + chunk(end), ISO_8859_1);
    Told told = new Told();
    scanner.begin(BodyFraming.CHUNKED);
    spans.scan(scanner, read, alloc, told);
    assertEquals(event.repeat(100) + end, told.payload.toString());
    told.buffers.forEach(buffer -> assertSame(read, buffer));
    read.release();
  }

  @Test
  void everyBodyIsToldInItsOrder() {
    Random random = new Random(14);
    for (int i = 0; i < 500; i++) {
      StringBuilder body = new StringBuilder();
      StringBuilder framed = new StringBuilder();
      for (int left = random.nextInt(200); left > 0; left--) {
        String part = "ab%d".formatted(left).repeat(1 + random.nextInt(20));
        String piece = part.substring(0, 1 + random.nextInt(part.length()));
        body.append(piece);
        framed.append(chunk(piece));
      }
      assertEquals(body.toString(), scan(framed.toString()).payload.toString());
    }
  }

  private Told scan(String framed) {
    Told told = new Told();
    scanner.begin(BodyFraming.CHUNKED);
    ByteBuf read = Unpooled.copiedBuffer(framed, ISO_8859_1);
    spans.scan(scanner, read, alloc, told);
    assertEquals(read.writerIndex(), scanner.consumed());
    read.release();
    assertEquals(0, alloc.metric().usedHeapMemory());
    return told;
  }

  private static String chunk(String payload) {
    return Integer.toHexString(payload.length()) + "\r\n" + payload + "\r\n";
  }
}
