package dev.tailtap.limits;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What one channel may bring in a turn of its loop, which is one read: as many bytes as the last
 * ones let expect, as Netty's own allocator guesses them, but no more than what they cost allows.
 * That is how long the handlers work on them, which may be hundreds of times longer than usual
 * where they are the smallest of chunks, events or requests, or decode to many times themselves. At
 * first it is a few. Small reads of a channel whose bytes are cheap, as those of single events, are
 * not even measured. Confined to one event loop.
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

  private static final int GROWTH = 16;

  /**
   * What all channels of a kind have in common. Sizes are powers of two.
   *
   * @param smallest read that is asked for, for want of a better guess
   * @param first read that is asked for
   * @param most bytes in a turn, however cheap
   */
  record Terms(MemoryAccount account, int smallest, int first, int most, LongSupplier nanoTime) {
    private int least() {
      return Math.min(LEAST, most);
    }
  }

  private final Terms terms;
  private int guess; // of what a read will bring
  private boolean small; // the last one brought was half of that, or less
  private int attempted;
  private int last; // bytes that the last read has brought; -1: it found the end
  private boolean measured; // the work on it is
  private int bytesPerTurn;
  private long began;
  private int windowBytes;
  private float windowNanos;

  TurnBound(Terms terms) {
    this.terms = terms;
    guess = terms.first;
    bytesPerTurn = terms.least();
  }

  @Override
  public ByteBuf allocate(ByteBufAllocator alloc) {
    return alloc.ioBuffer(guess());
  }

  @Override
  public int guess() {
    return Math.min(guess, Math.min(bytesPerTurn, terms.account.perStream()));
  }

  @Override
  public void reset(ChannelConfig config) {
    last = 0;
  }

  @Override
  public void incMessagesRead(int messages) {}

  @Override
  public void attemptedBytesRead(int bytes) {
    attempted = bytes;
  }

  @Override
  public int attemptedBytesRead() {
    return attempted;
  }

  /** A read has brought so many bytes, and the work on them begins. */
  @Override
  public void lastBytesRead(int read) {
    last = read;
    if (read == attempted) {
      brought(read);
    }
    measured = read > 0 && (read >= WORTH_MEASURING || bytesPerTurn < terms.most);
    if (measured) {
      began = terms.nanoTime.getAsLong();
    }
  }

  @Override
  public int lastBytesRead() {
    return last;
  }

  @Override
  public boolean continueReading() {
    return false;
  }

  @Override
  public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
    return false;
  }

  @Override
  public void readComplete() {
    brought(Math.max(0, last));
    if (measured) {
      measured = false;
      worked(Math.min(terms.nanoTime.getAsLong() - began, MOST_NANOS));
    }
  }

  /** Guesses what the next read will bring: much more after a full one, less after two small. */
  private void brought(int bytes) {
    if (bytes <= guess / 2) {
      guess = small ? Math.max(guess / 2, terms.smallest) : guess;
      small = !small;
    } else if (bytes >= guess) {
      guess = Math.min(guess * GROWTH, terms.most);
      small = false;
    }
  }

  /** The work on the last read has taken so long. */
  private void worked(long nanos) {
    windowBytes += last;
    windowNanos += Math.max(0, nanos - FREE_NANOS);
    while (windowBytes > WINDOW) {
      windowBytes >>= 1;
      windowNanos /= 2;
    }
    long affordable = (long) (windowBytes * TURN_NANOS / Math.max(1, windowNanos));
    bytesPerTurn = (int) Math.max(terms.least(), Math.min(affordable, terms.most));
  }
}
