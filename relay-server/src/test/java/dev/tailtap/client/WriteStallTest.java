package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.HandChannel;
import dev.tailtap.rig.HandLoop;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A client that takes nothing, with a time of the test's own. */
class WriteStallTest {
  @Test
  void givesAClientItsWholeTimeThatIsFullAtTheFirstLook() {
    EmbeddedChannel channel = new EmbeddedChannel();
    long began = TimeUnit.HOURS.toNanos(5); // as after a machine's long life
    WriteStall writeStall = new WriteStall(channel, Duration.ofSeconds(60), began);
    channel.write(Unpooled.wrappedBuffer(new byte[256 * 1024]));
    assertFalse(writeStall.stalled(began + TimeUnit.MILLISECONDS.toNanos(250), false));
    assertFalse(writeStall.stalled(began + TimeUnit.SECONDS.toNanos(59), false));
    assertTrue(writeStall.stalled(began + TimeUnit.SECONDS.toNanos(61), false));
    channel.finishAndReleaseAll();
  }

  /** A buffer is held until all of it is taken, and may be large. */
  @Test
  void takesAnyByteForProgress() {
    HandLoop loop = new HandLoop();
    HandChannel channel =
        new HandChannel(UnpooledByteBufAllocator.DEFAULT, new InetSocketAddress(1), true)
            .accepted();
    loop.register(channel);
    long began = TimeUnit.HOURS.toNanos(5);
    WriteStall writeStall = new WriteStall(channel, Duration.ofSeconds(60), began);
    channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[32 * 1024]));
    assertFalse(writeStall.stalled(began, false));
    channel.take(100);
    assertFalse(writeStall.stalled(began + TimeUnit.SECONDS.toNanos(59), false));
    assertFalse(writeStall.stalled(began + TimeUnit.SECONDS.toNanos(118), false));
    assertTrue(writeStall.stalled(began + TimeUnit.SECONDS.toNanos(120), false));
    channel.close();
    loop.runTasks();
  }
}
