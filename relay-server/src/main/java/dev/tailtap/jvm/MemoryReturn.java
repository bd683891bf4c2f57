package dev.tailtap.jvm;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.internal.OutOfDirectMemoryError;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives memory back to the system after a load has gone, as {@link MemoryTrim} decides: Netty's
 * spare chunks, the heap's free regions, malloc's free pages. All three keep what they once had
 * until somebody asks, and G1 collects an idle heap never. A thread of its own, which reads two
 * numbers every five seconds.
 */
public final class MemoryReturn {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryReturn.class);
  private static final Path RESIDENT = Path.of("/proc/self/status");
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int LARGE_BUFFER_BYTES = 1 << 20; // the largest that Netty takes from chunks
  private static final int LARGE_BUFFERS = 9; // one more than a chunk has room for

  private static final int GARBAGE = 64 << 10; // much smaller than a region
  private static final int TURNS = 4;
  private static final long MOST_GARBAGE =
      1L << 30; // however large the heap: a fraction of a second

  private final OperatingSystemMXBean system;
  private final boolean collects;
  private final boolean leavesOldGarbage; // a collection that is asked for, to later ones

  private MemoryReturn(OperatingSystemMXBean system) {
    this.system = system;
    HotSpotDiagnosticMXBean flags =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    leavesOldGarbage = isOn(flags, "UseG1GC");
    // beside the threads, as the launcher has it, and not in their time
    collects = !leavesOldGarbage || isOn(flags, "ExplicitGCInvokesConcurrent");
  }

  /** Starts the thread, where the system tells what a process holds. */
  public static void watch() {
    if (Files.isReadable(RESIDENT)
        && ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      Thread thread = new Thread(() -> new MemoryReturn(system).lookOnAndOn(), "memory-return");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void lookOnAndOn() {
    try {
      MemoryTrim trim = new MemoryTrim(System.nanoTime(), system.getProcessCpuTime());
      while (true) {
        LockSupport.parkNanos(this, PERIOD_NANOS);
        long resident = residentBytes();
        if (trim.due(System.nanoTime(), system.getProcessCpuTime(), resident)) {
          long start = System.nanoTime();
          giveBack();
          long now = System.nanoTime();
          long left = residentBytes();
          trim.trimmed(now, now - start, system.getProcessCpuTime(), left);
          LOG.info(
              "event=memory_returned resident_mib_before={} after={} millis={}",
              resident >> 20,
              left >> 20,
              TimeUnit.NANOSECONDS.toMillis(now - start));
        }
      }
    } catch (IOException | JMException unknown) {
      LOG.warn("event=memory_is_not_returned reason=\"{}\"", unknown.toString());
    }
  }

  private void giveBack() throws JMException {
    turnOverChunks();
    if (collects) {
      System.gc();
      if (leavesOldGarbage) {
        turnOverHeap();
        System.gc(); // for what that took
      }
    }
    ManagementFactory.getPlatformMBeanServer()
        .invoke(
            new ObjectName("com.sun.management:type=DiagnosticCommand"),
            "systemTrimNativeHeap",
            null,
            null);
  }

  /**
   * Netty's allocator looks through the chunks of its large buffers, and gives up those that are
   * idle, when one of them is used up.
   */
  private static void turnOverChunks() {
    List<ByteBuf> buffers = new ArrayList<>();
    try {
      for (int i = 0; i < LARGE_BUFFERS; i++) {
        buffers.add(ByteBufAllocator.DEFAULT.directBuffer(LARGE_BUFFER_BYTES));
      }
    } catch (OutOfDirectMemoryError full) {
      LOG.debug("event=no_chunk_turned_over", full);
    } finally {
      buffers.forEach(ByteBuf::release);
    }
  }

  /**
   * What has become old garbage is collected by young collections after that, of which an idle heap
   * has none: so garbage is made until there were some, of which each takes a part of it.
   */
  private static void turnOverHeap() {
    List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    long before = collections(collectors);
    for (long made = 0; made < MOST_GARBAGE && collections(collectors) - before < TURNS; ) {
      made += new byte[GARBAGE].length;
    }
  }

  private static long collections(List<GarbageCollectorMXBean> collectors) {
    return collectors.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
  }

  private static boolean isOn(HotSpotDiagnosticMXBean flags, String name) {
    return Boolean.parseBoolean(flags.getVMOption(name).getValue());
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(RESIDENT)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException(RESIDENT + " does not say what is resident");
  }
}
