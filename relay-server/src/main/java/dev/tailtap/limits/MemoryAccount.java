package dev.tailtap.limits;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one account of the bytes that the relay holds for others: bodies, what waits for clients and
 * upstreams, side copies, unfinished heads. As it fills, everybody may hold less; then who holds
 * most is cut; at last nobody is admitted. Any thread charges it, without a lock; a thread of its
 * own cuts and writes the log.
 *
 * <pre>
 * 0 ─ 1/8: 64 KiB a stream ─ 1/4: 16 ─ 1/2: 8 │ HOLD_LESS: 2 ─ 8/10 │ CUT ─ 9/10 │ REFUSE ─ limit
 * </pre>
 */
public final class MemoryAccount implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryAccount.class);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How full it is, and what is done about it. */
  public enum Stage {
    CALM(0),
    /** Streams hold little, no body is collected any more. */
    HOLD_LESS(0.5),
    /** Who holds most is cut until there is room. */
    CUT(0.8),
    /** Nobody is admitted. */
    REFUSE(0.9);

    private final double from;

    Stage(double from) {
      this.from = from;
    }

    static Stage of(long held, long limit) {
      Stage found = CALM;
      for (Stage stage : values()) {
        found = held >= stage.from * limit ? stage : found;
      }
      return found;
    }
  }

  /**
   * Cutting goes on until so much of the limit is held, so that it need not begin again at once.
   */
  private static final double CUT_TO = 0.7;

  private final Stats stats;
  private final AtomicLong held = new AtomicLong();
  private final LongConsumer charge = this::add;
  private final Set<Holding> large = ConcurrentHashMap.newKeySet();
  private final Thread thread = new Thread(this::run, "tailtap-memory");
  private volatile long limit;
  private volatile long wakeFrom;
  private volatile Stage stage =
      Stage.CALM; // set by whoever looks: the thread, or a test in its place
  private volatile boolean closed;

  /**
   * Opens it.
   *
   * @param limit bytes; 0: chosen from the JVM's limits
   */
  public MemoryAccount(long limit, Stats stats) {
    this.stats = stats;
    limit(limit);
    stats.gauge(Metric.MEMORY_HELD, "", held::get);
    stats.gauge(Metric.MEMORY_LIMIT, "", this::limit);
    thread.setDaemon(true);
  }

  /** Starts the thread that cuts and logs. */
  public MemoryAccount start() {
    thread.start();
    return this;
  }

  /** Half of what the JVM gives to buffers outside its heap, or of the heap if that is less. */
  private static long chosen() {
    return Math.min(PlatformDependent.maxDirectMemory(), Runtime.getRuntime().maxMemory()) / 2;
  }

  public long limit() {
    return limit;
  }

  /** From now on so many bytes may be held; 0: chosen from the JVM's limits. */
  public void limit(long bytes) {
    limit = bytes > 0 ? bytes : chosen();
    wakeFrom = (long) (Stage.HOLD_LESS.from * limit);
    LockSupport.unpark(thread); // what is held may be too much now
  }

  /** Bytes held at present. */
  public long held() {
    return held.get();
  }

  /** Whether there is room for more than is needed. */
  boolean calm() {
    return held.get() < wakeFrom;
  }

  /** Whether nobody may be admitted at present. */
  public boolean refusing() {
    return held.get() >= Stage.REFUSE.from * limit;
  }

  /** What one stream may take at present. */
  public StreamShare share() {
    return StreamShare.of(held.get(), limit);
  }

  /** How many bytes may wait for one client, and how many one read may bring. */
  int perStream() {
    return share().bytes();
  }

  /**
   * How large one body may be that is held whole: a quarter of what is left of the half that bodies
   * may fill, so that however many there are, they never fill it (a dynamic threshold, as switches
   * share their buffers by).
   */
  public long perBody() {
    return Math.max(0, (limit / 2 - held.get()) / 4);
  }

  /**
   * Makes somebody's place in the account.
   *
   * @param holder cut if need be, on a thread of the account
   */
  public Holding open(Holding.Holder holder) {
    return new Holding(charge, large, holder);
  }

  private void add(long bytes) {
    if (held.addAndGet(bytes) >= wakeFrom && bytes > 0 && stage == Stage.CALM) {
      LockSupport.unpark(thread);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  /** Tells a change of stage once, and cuts where it has come to that. */
  void look() {
    Stage now = Stage.of(held.get(), limit);
    if (now != stage) {
      stage = now;
      stats.add(Metric.OVERLOAD, now.name().toLowerCase(Locale.ROOT), 1);
      LOG.warn("event=memory_stage stage={} held={} limit={}", now, held.get(), limit);
    }
    if (now.compareTo(Stage.CUT) >= 0) {
      cut();
    }
  }

  private void run() {
    while (!closed) {
      look();
      LockSupport.parkNanos(this, stage == Stage.CALM ? IDLE_NANOS : LOOK_NANOS);
    }
  }

  /** What is being cut already counts as gone, so that nobody is cut in its place. */
  private void cut() {
    long wanted = held.get() - (long) (CUT_TO * limit);
    List<Candidate> most = new ArrayList<>();
    for (Holding holding : large) {
      if (holding.cutting()) {
        wanted -= holding.bytes();
      } else {
        most.add(new Candidate(holding, holding.bytes()));
      }
    }
    most.sort(Comparator.comparingLong(Candidate::bytes).reversed());
    for (Candidate candidate : most) {
      if (wanted <= 0) {
        return;
      }
      wanted -= candidate.bytes();
      stats.count(Metric.MEMORY_CUT);
      candidate.holding().cut();
    }
  }

  /** A holding with its size at one moment, since it may change while they are put in order. */
  private record Candidate(Holding holding, long bytes) {}
}
