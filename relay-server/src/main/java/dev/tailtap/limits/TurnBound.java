package dev.tailtap.limits;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What one channel may bring in a turn of its loop, by what its bytes cost: how long the handlers
 * work on them, which may be hundreds of times longer than usual where they are the smallest of
 * chunks, events or requests, or decode to many times themselves. At first a few, and more in the
 * same turn if those were cheap. Small reads of a channel whose bytes are cheap, as those of single
 * events, are not even measured. Within that Netty's handle has its say. Confined to one event
 * loop.
 *
 * <p>All in one object, in the fewest bytes: an open stream has two of them.
 */
final class TurnBound implements ExtendedHandle {
  /** So long may a channel hold its loop in a turn, but for its least. */
  static final long TURN_NANOS = 25_000;

  /** However dear they are: it is to go on, and a request's head has come soon. */
  static final int LEAST = 512;

  /** Of a read, whatever is in it: a request makes so much work however short it is. */
  private static final long FREE_NANOS = 25_000;

  /** More is mostly a handshake, or that the machine had no time for us. */
  private static final long MOST_NANOS = 500_000;

  private static final int WORTH_MEASURING = 1024;

  /** Costs are a mean over the last bytes, of a TLS record at least. */
  private static final int WINDOW = 16 * 1024;

  /**
   * What all channels of a kind have in common.
   *
   * @param most bytes in a turn, however cheap
   */
  record Terms(MemoryAccount account, int most, LongSupplier nanoTime) {
    private int least() {
      return Math.min(LEAST, most);
    }
  }

  private final ExtendedHandle handle;
  private final Terms terms;
  private int bytesPerTurn;
  private int broughtBytes; // in this turn
  private int bytes; // of the read that is worked on; 0: of none, or of one that is not measured
  private long began;
  private int windowBytes;
  private float windowNanos;

  TurnBound(ExtendedHandle handle, Terms terms) {
    this.handle = handle;
    this.terms = terms;
    bytesPerTurn = terms.least();
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
  public void incMessagesRead(int messages) {
    handle.incMessagesRead(messages);
  }

  @Override
  public void attemptedBytesRead(int attempted) {
    handle.attemptedBytesRead(attempted);
  }

  @Override
  public int attemptedBytesRead() {
    return handle.attemptedBytesRead();
  }

  /** A read has brought so many bytes, and the work on them begins. */
  @Override
  public void lastBytesRead(int read) {
    broughtBytes += Math.max(0, read);
    if (read >= WORTH_MEASURING || bytesPerTurn < terms.most) {
      bytes = Math.max(0, read);
      began = terms.nanoTime.getAsLong();
    }
    handle.lastBytesRead(read);
  }

  @Override
  public int lastBytesRead() {
    return handle.lastBytesRead();
  }

  @Override
  public boolean continueReading() {
    worked();
    return broughtBytes < most() && handle.continueReading();
  }

  @Override
  public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
    worked();
    return broughtBytes < most() && handle.continueReading(maybeMoreData);
  }

  @Override
  public void readComplete() {
    worked();
    handle.readComplete();
  }

  /** Bytes of one read, and of one turn. */
  private int most() {
    return Math.min(bytesPerTurn, terms.account.perStream());
  }

  /** The work on the last read has ended; may be called again. */
  private void worked() {
    if (bytes > 0) {
      windowBytes += bytes;
      long worked = Math.min(terms.nanoTime.getAsLong() - began, MOST_NANOS);
      windowNanos += Math.max(0, worked - FREE_NANOS);
      bytes = 0;
      while (windowBytes > WINDOW) {
        windowBytes >>= 1;
        windowNanos /= 2;
      }
      long affordable = (long) (windowBytes * TURN_NANOS / Math.max(1, windowNanos));
      bytesPerTurn = (int) Math.max(terms.least(), Math.min(affordable, terms.most));
    }
  }
}
