package dev.tailtap.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakTracker;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The watch over leaks is awake: otherwise a run without findings would say nothing. */
class LeakWatchTest {
  @Test
  void findsWhatWasNotReleased() throws Exception {
    LeakWatch<Object> watch = new LeakWatch<>(Thread.class);
    lose(watch);
    LeakWatch.collectGarbage();
    List<String> found = watch.take();
    assertEquals(1, found.size());
    assertTrue(found.get(0).startsWith("Thread was not released"), found.get(0));
    assertEquals(List.of(), watch.take());
  }

  @Test
  void isSilentAboutWhatWasReleased() throws Exception {
    LeakWatch<Object> watch = new LeakWatch<>(Thread.class);
    Object thing = new Object();
    watch.trackForcibly(thing).close(thing);
    LeakWatch.collectGarbage();
    assertEquals(List.of(), watch.take());
  }

  @Test
  void watchesOverTheBuffersOfNetty() {
    assertEquals(ResourceLeakDetector.Level.PARANOID, ResourceLeakDetector.getLevel());
    ByteBuf buffer = ByteBufAllocator.DEFAULT.buffer(1);
    try {
      assertTrue(LeakWatch.installed(), "surefire does not name the watch to Netty");
    } finally {
      buffer.release();
    }
  }

  @Test
  void findsABufferOfNettysThatWasNotReleased() throws Exception {
    assertEquals(List.of(), LeakWatch.leaks());
    loseABuffer();
    List<String> found = LeakWatch.leaks();
    assertEquals(1, found.size());
    assertTrue(found.get(0).contains("loseABuffer"), found.get(0));
  }

  private static void lose(LeakWatch<Object> watch) {
    ResourceLeakTracker<Object> tracker = watch.trackForcibly(new Object());
    tracker.record("lost on purpose");
  }

  private static void loseABuffer() {
    ByteBufAllocator.DEFAULT.heapBuffer(16).writeByte(1);
  }
}
