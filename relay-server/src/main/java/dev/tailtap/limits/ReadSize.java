package dev.tailtap.limits;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import java.util.function.LongSupplier;

/**
 * Netty's own guess at how much a read will bring, cut down as the account of memory fills: a
 * buffer is taken before anybody knows what will be in it. And a bound of what one channel brings
 * in a turn of its loop, by bytes and by the {@link TurnBound work} that they have made, so that
 * however dense they are, the others have their turn soon. Any event loop; each channel has a
 * handle of its own.
 */
public final class ReadSize implements RecvByteBufAllocator {
  private final AdaptiveRecvByteBufAllocator guesses;
  private final TurnBound.Terms terms;

  /** Reads of at least and at most so many bytes; the first of {@code initial}. */
  public ReadSize(MemoryAccount account, int minimum, int initial, int maximum) {
    this(account, minimum, initial, maximum, System::nanoTime);
  }

  ReadSize(MemoryAccount account, int minimum, int initial, int maximum, LongSupplier nanoTime) {
    terms = new TurnBound.Terms(account, maximum, nanoTime);
    guesses = new AdaptiveRecvByteBufAllocator(minimum, initial, maximum);
  }

  @Override
  @SuppressWarnings("deprecation") // Handle is what the interface still returns
  public ExtendedHandle newHandle() {
    return new TurnBound((ExtendedHandle) guesses.newHandle(), terms);
  }
}
