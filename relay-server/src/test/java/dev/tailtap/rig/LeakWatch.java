package dev.tailtap.rig;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Netty's detector of leaks, which remembers what it reports. Surefire names it in the property
 * {@code io.netty.customResourceLeakDetector}, so that Netty makes one for each kind of resource.
 */
public final class LeakWatch<T> extends ResourceLeakDetector<T> {
  private static final List<LeakWatch<?>> OF_NETTY = new CopyOnWriteArrayList<>();

  private final Queue<String> found = new ConcurrentLinkedQueue<>();

  /** Netty's. */
  public LeakWatch(Class<?> resource, int samplingInterval) {
    super(resource, samplingInterval);
    OF_NETTY.add(this);
  }

  /** Netty's older one. */
  public LeakWatch(Class<?> resource, int samplingInterval, long maxActive) {
    this(resource, samplingInterval);
  }

  /** One that nobody else knows. */
  LeakWatch(Class<?> resource) {
    super(resource, 1);
  }

  /** What leaked so far and was not asked for; forces a collection to know it. */
  static List<String> leaks() throws InterruptedException {
    collectGarbage();
    List<String> leaks = new ArrayList<>();
    OF_NETTY.forEach(watch -> leaks.addAll(watch.take()));
    return leaks;
  }

  static boolean installed() {
    return !OF_NETTY.isEmpty();
  }

  /** Finds what was leaked and collected, as Netty does: when the next one is tracked. */
  @SuppressWarnings("unchecked")
  List<String> take() {
    T next = (T) new Object();
    ResourceLeakTracker<T> tracker = trackForcibly(next);
    tracker.close(next);
    List<String> taken = new ArrayList<>();
    for (String leak = found.poll(); leak != null; leak = found.poll()) {
      taken.add(leak);
    }
    return taken;
  }

  /** Two rounds, since what one collection finds is queued in no particular order. */
  static void collectGarbage() throws InterruptedException {
    for (int round = 0; round < 2; round++) {
      ReferenceQueue<Object> queue = new ReferenceQueue<>();
      WeakReference<Object> canary = new WeakReference<>(new Object(), queue);
      try {
        System.gc();
        if (queue.remove(5_000) == null) {
          throw new AssertionError("the collector does not run");
        }
      } finally {
        Reference.reachabilityFence(canary);
      }
    }
  }

  @Override
  protected boolean needReport() {
    return true;
  }

  @Override
  protected void reportTracedLeak(String resource, String records) {
    found.add(resource + " was not released" + records);
  }

  @Override
  protected void reportUntracedLeak(String resource) {
    found.add(resource + " was not released");
  }
}
