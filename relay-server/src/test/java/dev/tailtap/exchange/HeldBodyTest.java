package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.rig.NoLeaks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class HeldBodyTest {
  private static final ByteBufAllocator ALLOC = ByteBufAllocator.DEFAULT;

  /** Each read has a buffer of 512 bytes at least, however little came. */
  @Test
  void holdsWhatCameByteByByteInLittleMoreThanItsBytes() {
    HeldBody held =
        new HeldBody(new BodyFraming(BodyFraming.Kind.LENGTH, HeldBody.MOST + 1L), ALLOC);
    List<ByteBuf> reads = new ArrayList<>();
    for (int i = 0; i < HeldBody.MOST; i++) {
      ByteBuf read = ALLOC.directBuffer(512).writeByte(':');
      held.read(read, read.readerIndex(), 1);
      held.add(read);
      reads.add(read);
    }
    assertEquals(0, reads.stream().filter(read -> read.refCnt() > 0).count());
    assertTrue(held.bytes() < 3 * HeldBody.MOST, held.bytes() + " bytes");
    assertFalse(held.full());
    held.release();
    assertEquals(0, held.bytes());
  }
}
