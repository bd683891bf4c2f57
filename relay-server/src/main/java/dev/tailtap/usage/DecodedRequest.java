package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Reads an encoded request body through a decoded copy, which it holds no longer than it reads; the
 * upstream gets the client's bytes. Gives up where a {@link DecodedCopy} does, and after 64 MiB.
 * One per request; event loop only.
 */
final class DecodedRequest implements AutoCloseable {
  private static final long MOST = 64L << 20;

  private final DecodedCopy copy;
  private final ModelScanner scanner;
  private boolean over;

  private DecodedRequest(DecodedCopy copy, ModelScanner scanner) {
    this.copy = copy;
    this.scanner = scanner;
  }

  /** Null if this coding is not known here. */
  static DecodedRequest of(CharSequence encoding, ByteBufAllocator alloc, ModelScanner scanner) {
    DecodedCopy copy = DecodedCopy.of(encoding, alloc, MOST);
    return copy == null ? null : new DecodedRequest(copy, scanner);
  }

  /** Takes the next part's readable bytes; moves no index, keeps nothing of it. */
  void feed(ByteBuf part) {
    if (over) {
      return;
    }
    try {
      boolean goesOn = copy.feed(part, part.readerIndex(), part.readableBytes(), this::read);
      over = !goesOn || scanner.isOver() || copy.isOver();
    } catch (RuntimeException damaged) {
      over = true; // by a codec's own check: what is read beside must not fail what passes
    }
    if (over) {
      copy.close();
    }
  }

  private void read(ByteBuf decoded, int index, int length) {
    scanner.feed(decoded.slice(index, length));
  }

  /** Whether it reads nothing more, whatever comes. */
  boolean isOver() {
    return over;
  }

  /** Bytes that the codec holds. */
  long heldBytes() {
    return over ? 0 : copy.heldBytes();
  }

  @Override
  public void close() {
    if (!over) {
      over = true;
      copy.close();
    }
  }
}
