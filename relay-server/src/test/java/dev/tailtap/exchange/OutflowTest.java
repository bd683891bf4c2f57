package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A client that takes nothing, with a time of the test's own. */
class OutflowTest {
  @Test
  void givesAClientItsWholeTimeThatIsFullAtTheFirstLook() {
    EmbeddedChannel channel = new EmbeddedChannel();
    long began = TimeUnit.HOURS.toNanos(5); // as after a machine's long life
    Outflow outflow = new Outflow(channel, Duration.ofSeconds(60), began);
    channel.write(Unpooled.wrappedBuffer(new byte[256 * 1024]));
    assertFalse(outflow.stalled(began + TimeUnit.MILLISECONDS.toNanos(250), false));
    assertFalse(outflow.stalled(began + TimeUnit.SECONDS.toNanos(59), false));
    assertTrue(outflow.stalled(began + TimeUnit.SECONDS.toNanos(61), false));
    channel.finishAndReleaseAll();
  }
}
