package dev.tailtap.limits;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Netty's own guess at how much a read will bring, cut down as the account of memory fills: a
 * buffer is taken before anybody knows what will be in it. And a bound of what one channel brings
 * in a turn of its loop, so that however dense its bytes are, the others have their turn soon. Any
 * event loop; each channel has a handle of its own.
 */
public final class ReadSize implements RecvByteBufAllocator {
  private final AdaptiveRecvByteBufAllocator guesses;
  private final MemoryAccount account;
  private final int most;

  /** Reads of at least and at most so many bytes; the first of {@code initial}. */
  public ReadSize(MemoryAccount account, int minimum, int initial, int maximum) {
    this.account = account;
    most = maximum;
    guesses = new AdaptiveRecvByteBufAllocator(minimum, initial, maximum);
  }

  @Override
  @SuppressWarnings("deprecation") // Handle is what the interface still returns
  public ExtendedHandle newHandle() {
    return new Capped((ExtendedHandle) guesses.newHandle(), account, most);
  }

  private static final class Capped extends DelegatingHandle implements ExtendedHandle {
    private final ExtendedHandle handle;
    private final MemoryAccount account;
    private final int most; // in a turn
    private int broughtBytes; // in this turn

    Capped(ExtendedHandle handle, MemoryAccount account, int most) {
      super(handle);
      this.handle = handle;
      this.most = most;
      this.account = account;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator alloc) {
      return alloc.ioBuffer(guess());
    }

    @Override
    public int guess() {
      return Math.min(handle.guess(), account.perStream());
    }

    @Override
    public void reset(ChannelConfig config) {
      broughtBytes = 0;
      handle.reset(config);
    }

    @Override
    public void lastBytesRead(int bytes) {
      broughtBytes += Math.max(0, bytes);
      handle.lastBytesRead(bytes);
    }

    @Override
    public boolean continueReading() {
      return broughtBytes < Math.min(most, account.perStream()) && handle.continueReading();
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
      return broughtBytes < Math.min(most, account.perStream())
          && handle.continueReading(maybeMoreData);
    }
  }
}
