package dev.tailtap.limits;

import io.netty.channel.RecvByteBufAllocator;
import java.util.function.LongSupplier;

/**
 * How much is read of a channel in a turn of its loop: what the reads before let expect, cut down
 * as the account of memory fills, for a buffer is taken before anybody knows what will be in it,
 * and by the {@link TurnBound work} that its bytes have made, so that however dense they are, the
 * others have their turn soon. Any event loop; each channel has a handle of its own.
 */
public final class ReadSize implements RecvByteBufAllocator {
  private final TurnBound.Terms terms;

  /** Reads of at least and at most so many bytes, powers of two; the first of {@code initial}. */
  public ReadSize(MemoryAccount account, int minimum, int initial, int maximum) {
    this(account, minimum, initial, maximum, System::nanoTime);
  }

  ReadSize(MemoryAccount account, int minimum, int initial, int maximum, LongSupplier nanoTime) {
    terms = new TurnBound.Terms(account, minimum, initial, maximum, nanoTime);
  }

  @Override
  @SuppressWarnings("deprecation") // Handle is what the interface still returns
  public ExtendedHandle newHandle() {
    return new TurnBound(terms);
  }
}
