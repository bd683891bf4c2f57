package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much a channel brings in a turn of its loop, with a clock that is moved by hand. */
class ReadSizeTest {
  private static final int MOST = 32 * 1024;
  private static final long NANOS_OF_A_TINY_CHUNK = 1_500;
  private static final int BYTES_OF_A_TINY_CHUNK = 6;
  private static final double LUMP_NANOS = 4_000_000;

  private final MemoryAccount account = new MemoryAccount(1L << 30, new Stats());
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private long now;
  private int clockReads;
  private final ExtendedHandle handle =
      new ReadSize(
              account,
              512,
              4096,
              MOST,
              () -> {
                clockReads++;
                return now;
              })
          .newHandle();

  @AfterEach
  void close() {
    account.close();
    channel.finishAndReleaseAll();
  }

  @Test
  void cheapBytesComeAsManyAsATurnMayBring() {
    turns(4, 0.1);
    assertEquals(MOST, turn(0.1));
  }

  @Test
  void bytesThatMakeMuchWorkAreFewInATurn() {
    double nanosPerByte = (double) NANOS_OF_A_TINY_CHUNK / BYTES_OF_A_TINY_CHUNK;
    turn(nanosPerByte);
    for (int i = 0; i < 1000; i++) {
      long before = now;
      int bytes = turn(nanosPerByte);
      assertTrue(bytes > 0 && bytes <= TurnBound.LEAST, bytes + " bytes");
      assertTrue(now - before < 6 * TurnBound.TURN_NANOS, now - before + " ns");
    }
  }

  @Test
  void theFirstOfThemAreFewAsWell() {
    assertEquals(TurnBound.LEAST, turn(1000));
  }

  @Test
  void aShortRequestIsNotHeldAgainstItsClient() {
    handle.reset(channel.config());
    read(300, 75);
    handle.continueReading();
    handle.readComplete();
    turns(3, 0.1);
    assertEquals(MOST, turn(0.1));
  }

  @Test
  void theyAreManyAgainOnceTheyAreCheap() {
    turns(100, 250);
    turns(100, 0.1);
    assertEquals(MOST, turn(0.1));
  }

  /** As the records of TLS, whose bytes are worked on when the last of one has come. */
  @Test
  void workThatComesInLumpsCountsAsAMean() {
    long turns = 0;
    long bytes = 0;
    for (int record = 0; record < 100; record++) {
      for (long end = bytes + 16 * 1024; bytes < end; turns++) {
        bytes += turn(0);
      }
      bytes += turn(LUMP_NANOS / TurnBound.LEAST);
      turns++;
    }
    long mean = bytes / turns;
    assertTrue(mean < 8 * TurnBound.LEAST, mean + " bytes a turn");
  }

  @Test
  void singleEventsAreNotMeasured() {
    turn(0.1);
    clockReads = 0;
    for (int i = 0; i < 100; i++) {
      handle.reset(channel.config());
      read(220, 50);
      handle.continueReading();
      handle.readComplete();
    }
    assertEquals(0, clockReads);
  }

  private void turns(int count, double nanosPerByte) {
    for (int i = 0; i < count; i++) {
      turn(nanosPerByte);
    }
  }

  /** One turn on a socket that always has more; how many bytes it brings. */
  private int turn(double nanosPerByte) {
    int bytes = 0;
    handle.reset(channel.config());
    do {
      ByteBuf buf = handle.allocate(UnpooledByteBufAllocator.DEFAULT);
      int room = buf.writableBytes();
      buf.release();
      read(room, nanosPerByte);
      bytes += room;
    } while (handle.continueReading(() -> true));
    handle.readComplete();
    return bytes;
  }

  private void read(int bytes, double nanosPerByte) {
    handle.attemptedBytesRead(bytes);
    handle.lastBytesRead(bytes);
    handle.incMessagesRead(1);
    now += (long) (bytes * nanosPerByte);
  }
}
