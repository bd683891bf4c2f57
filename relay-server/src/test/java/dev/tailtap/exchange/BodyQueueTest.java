package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.NoLeaks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class BodyQueueTest {
  private static final ByteBufAllocator ALLOC = ByteBufAllocator.DEFAULT;

  private static ByteBuf direct(String text) {
    return ALLOC.directBuffer(text.length()).writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String drain(BodyQueue queue) {
    StringBuilder all = new StringBuilder();
    for (ByteBuf part = queue.poll(); part != null; part = queue.poll()) {
      all.append(part.toString(StandardCharsets.US_ASCII));
      part.release();
    }
    assertTrue(queue.isEmpty());
    assertEquals(0, queue.heldBytes());
    return all.toString();
  }

  @Test
  void holdsBytesThatCameOneByOneInLittleMoreThanTheirNumber() {
    BodyQueue queue = new BodyQueue(ALLOC);
    int parts = 0;
    for (int i = 0; i < 50_000; i++) {
      queue.add(direct("x"));
    }
    assertEquals(50_000, queue.bytes());
    assertTrue(queue.heldBytes() < 60_000, queue.heldBytes() + " bytes");
    for (ByteBuf part = queue.poll(); part != null; part = queue.poll()) {
      parts++;
      part.release();
    }
    assertTrue(parts < 10, parts + " parts");
  }

  @Test
  void copiesWhatIsKeptWithoutAGap() {
    BodyQueue queue = new BodyQueue(ALLOC);
    StringBuilder all = new StringBuilder();
    for (int length : new int[] {0, 1, 8191, 1, 40_000, 5}) {
      ByteBuf read = direct("x".repeat(length));
      queue.copy(read);
      assertEquals(1, read.refCnt());
      assertEquals(length, read.readableBytes());
      all.append("x".repeat(length));
      read.release();
    }
    assertEquals(all.length(), queue.bytes());
    assertTrue(queue.heldBytes() - queue.bytes() < 8 * 1024, queue.heldBytes() + " bytes");
    assertEquals(all.toString(), drain(queue));
  }

  @Test
  void pinsNothingOfTheLargeBufferThatASmallPartCameIn() {
    BodyQueue queue = new BodyQueue(ALLOC);
    ByteBuf read = direct("x".repeat(16 * 1024));
    queue.add(read.retainedSlice(0, 1));
    assertEquals(1, read.refCnt());
    queue.add(read.retainedSlice(0, 8 * 1024));
    assertEquals(2, read.refCnt());
    read.release();
    assertEquals(8 * 1024 + 1, drain(queue).length());
    assertNull(queue.poll());
  }

  @Test
  void splicesATextInAtAnyPlaceHoweverTheBodyCame() {
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      BodyQueue queue = new BodyQueue(ALLOC);
      StringBuilder body = new StringBuilder();
      int parts = 1 + random.nextInt(6);
      for (int i = 0; i < parts; i++) {
        int length = random.nextBoolean() ? random.nextInt(5) : 2_000 + random.nextInt(200);
        String part = ("" + (char) ('a' + i)).repeat(length);
        body.append(part);
        queue.add(direct(part));
      }
      if (body.isEmpty()) {
        continue;
      }
      int at = random.nextInt(body.length() + 1);
      int replaced = random.nextInt(Math.min(5_000, body.length() - at + 1));
      BodyQueue before = queue.duplicate();
      queue.splice(at, replaced, Unpooled.copiedBuffer("{new}", StandardCharsets.US_ASCII));
      String wanted = new StringBuilder(body).replace(at, at + replaced, "{new}").toString();
      assertEquals(wanted.length(), queue.bytes());
      assertEquals(wanted, drain(queue));
      assertEquals(body.toString(), drain(before));
    }
  }

  @Test
  void addsNothingToWhatTwoQueuesShare() {
    BodyQueue queue = new BodyQueue(ALLOC);
    queue.add(direct("one "));
    BodyQueue other = queue.duplicate();
    queue.add(direct("two"));
    other.add(direct("three"));
    assertEquals("one two", drain(queue));
    assertEquals("one three", drain(other));
  }
}
