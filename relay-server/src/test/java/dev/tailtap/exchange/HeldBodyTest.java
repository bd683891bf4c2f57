package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.BodyScanner;
import dev.tailtap.rig.NoLeaks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.BitSet;
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
      held.add(read, read.writerIndex());
      reads.add(read);
    }
    assertEquals(0, reads.stream().filter(read -> read.refCnt() > 0).count());
    assertTrue(held.bytes() < 3 * HeldBody.MOST, held.bytes() + " bytes");
    assertFalse(held.full());
    held.release();
    assertEquals(0, held.bytes());
  }

  /** Held together again, what came apart at its end still has one end. */
  @Test
  void poursWhatCameCutAnywhere() {
    String body = "3;x=1\r\nyet\r\n0;y\r\nt: 1\r\n\r\n";
    for (int one = 0; one <= body.length(); one++) {
      for (int two = one; two <= body.length(); two++) {
        List<String> reads =
            List.of(body.substring(0, one), body.substring(one, two), body.substring(two));
        String poured = poured(reads);
        assertTrue(poured.matches("3\r\nyet\r\n0\r\n\r\n"), () -> reads + " became " + poured);
      }
    }
  }

  private static String poured(List<String> reads) {
    BodyFraming framing = new BodyFraming(BodyFraming.Kind.CHUNKED, 0);
    HeldBody held = new HeldBody(framing, ALLOC);
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(framing);
    for (String text : reads) {
      ByteBuf read = ByteBufUtil.writeAscii(ALLOC, text);
      scanner.scan(read, spans(held));
      held.add(read, scanner.forwardable());
    }
    assertTrue(scanner.complete());
    CollectedDelivery delivery = new CollectedDelivery();
    held.pour(delivery);
    delivery.end(scanner.bareTerminator());
    return delivery.text();
  }

  private static BodyScanner.Spans spans(HeldBody held) {
    return new BodyScanner.Spans() {
      @Override
      public void payload(ByteBuf buf, int index, int length) {
        held.read(buf, index, length);
      }

      @Override
      public void hole(ByteBuf buf, int index, int length) {}
    };
  }

  /** What its client gets. */
  private static final class CollectedDelivery implements Delivery {
    private final StringBuilder text = new StringBuilder();
    private final BitSet holes = new BitSet(); // by index in the present buffer

    String text() {
      return text.toString();
    }

    @Override
    public void payload(ByteBuf buf, int index, int length) {}

    @Override
    public void hole(ByteBuf buf, int index, int length) {
      holes.set(index, index + length);
    }

    @Override
    public void bytes(ByteBuf buf, int forwardable, boolean last) {
      for (int i = buf.readerIndex(); i < forwardable; i++) {
        if (!holes.get(i)) {
          text.append((char) buf.getByte(i));
        }
      }
      holes.clear();
      buf.release();
    }

    @Override
    public void end(boolean bareTerminator) {
      text.append(bareTerminator ? "\r\n" : "0\r\n\r\n");
    }

    @Override
    public boolean probe(boolean betweenChunks) {
      return false;
    }

    @Override
    public boolean beat() {
      return false;
    }

    @Override
    public boolean hidAnEvent() {
      return false;
    }

    @Override
    public boolean exceededWindow() {
      return false;
    }

    @Override
    public void readComplete() {}

    @Override
    public long heldBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
