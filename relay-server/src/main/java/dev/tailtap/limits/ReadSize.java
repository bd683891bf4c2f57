package dev.tailtap.limits;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Netty's own guess at how much a read will bring, cut down as the account of memory fills: a
 * buffer is taken before anybody knows what will be in it. And a bound of what one channel brings
 * in a turn of its loop, by bytes and by the {@link ReadCost work} that they have made, so that
 * however dense they are, the others have their turn soon. Any event loop; each channel has a
 * handle of its own.
 */
public final class ReadSize implements RecvByteBufAllocator {
  private final AdaptiveRecvByteBufAllocator guesses;
  private final MemoryAccount account;
  private final int most;
  private final LongSupplier nanoTime;

  /** Reads of at least and at most so many bytes; the first of {@code initial}. */
  public ReadSize(MemoryAccount account, int minimum, int initial, int maximum) {
    this(account, minimum, initial, maximum, System::nanoTime);
  }

  ReadSize(MemoryAccount account, int minimum, int initial, int maximum, LongSupplier nanoTime) {
    this.account = account;
    this.nanoTime = nanoTime;
    most = maximum;
    guesses = new AdaptiveRecvByteBufAllocator(minimum, initial, maximum);
  }

  @Override
  @SuppressWarnings("deprecation") // Handle is what the interface still returns
  public ExtendedHandle newHandle() {
    return new Capped((ExtendedHandle) guesses.newHandle(), account, new ReadCost(most, nanoTime));
  }

  private static final class Capped extends DelegatingHandle implements ExtendedHandle {
    private final ExtendedHandle handle;
    private final MemoryAccount account;
    private final ReadCost cost;
    private int broughtBytes; // in this turn

    Capped(ExtendedHandle handle, MemoryAccount account, ReadCost cost) {
      super(handle);
      this.handle = handle;
      this.account = account;
      this.cost = cost;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator alloc) {
      return alloc.ioBuffer(guess());
    }

    @Override
    public int guess() {
      return Math.min(handle.guess(), most());
    }

    @Override
    public void reset(ChannelConfig config) {
      broughtBytes = 0;
      handle.reset(config);
    }

    @Override
    public void lastBytesRead(int bytes) {
      broughtBytes += Math.max(0, bytes);
      cost.begin(bytes);
      handle.lastBytesRead(bytes);
    }

    @Override
    public boolean continueReading() {
      cost.end();
      return broughtBytes < most() && handle.continueReading();
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
      cost.end();
      return broughtBytes < most() && handle.continueReading(maybeMoreData);
    }

    @Override
    public void readComplete() {
      cost.end();
      handle.readComplete();
    }

    /** Bytes of one read, and of one turn. */
    private int most() {
      return Math.min(cost.bytesPerTurn(), account.perStream());
    }
  }
}
