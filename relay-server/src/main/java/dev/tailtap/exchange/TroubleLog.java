package dev.tailtap.exchange;

import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Refusal;
import dev.tailtap.stats.Label;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line in the log for each call that went wrong and each request that was refused, so many a
 * second at most; how many more there were is told. No byte of a message is in it. Loops hand the
 * lines over to a thread, since whoever reads the log may be slow.
 */
public final class TroubleLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("dev.tailtap.calls");
  private static final int LINES_A_SECOND = 20;
  private static final int LONGEST_CAUSE = 200;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final MpscVarHandleArrayQueue<String> lines = new MpscVarHandleArrayQueue<>(256);
  private final AtomicLong allowed;
  private final AtomicLong suppressed = new AtomicLong();
  private final Thread thread = new Thread(this::run, "tailtap-log");
  private volatile boolean closed;

  /** Starts the thread that writes. */
  public TroubleLog() {
    this(LINES_A_SECOND);
    thread.setDaemon(true);
    thread.start();
  }

  /** One that takes no line, and has no thread. */
  public static TroubleLog silent() {
    return new TroubleLog(0);
  }

  /** One that nobody writes: see {@link #next}. */
  TroubleLog(long lines) {
    allowed = new AtomicLong(lines);
  }

  /**
   * A call has ended, and not as it should.
   *
   * @param status of the upstream's response; 0: there was none
   * @param rule which of the relay's rules decided, or which the provider broke; may be null
   * @param cause in the words of the system or a library; may be null
   */
  void ended(
      UUID id, String upstream, Ending ending, int status, String rule, String cause, long millis) {
    if (!admits()) {
      return;
    }
    StringBuilder line = new StringBuilder(160);
    line.append("event=call_failed id=").append(id).append(" upstream=").append(upstream);
    line.append(" outcome=").append(ending.outcome().column());
    line.append(" error=").append(ending.code()).append(" status=").append(status);
    if (rule != null) {
      line.append(" rule=").append(rule);
    }
    line.append(" after_ms=").append(millis);
    if (cause != null) {
      line.append(" cause=\"").append(clean(cause)).append('"');
    }
    lines.offer(line.toString());
  }

  /**
   * A request was answered by the relay itself.
   *
   * @param rule which of the rules it broke; null: the reason says all
   */
  public void refused(Refusal why, ClientNetwork client, String rule) {
    if (admits()) {
      lines.offer(
          String.format(
              Locale.ROOT,
              "event=request_refused error=%s status=%d client=%s%s",
              why.code(),
              why.status(),
              client,
              rule == null ? "" : " rule=\"" + rule + "\""));
    }
  }

  /** A connection was closed before it could ask anything. */
  public void turnedAway(Label why, ClientNetwork peer) {
    if (admits()) {
      lines.offer("event=connection_refused reason=" + why.value() + " peer=" + peer);
    }
  }

  /** Something was thrown that is no trouble of a network: a mistake of ours. */
  public void unexpected(Throwable bug) {
    boolean network = bug instanceof IOException || bug instanceof DecoderException;
    if (!network && admits()) {
      StackTraceElement[] trace = bug.getStackTrace();
      Object place = trace.length == 0 ? "unknown" : trace[0];
      lines.offer("event=unexpected exception=" + bug.getClass().getName() + " at=" + place);
    }
  }

  /** Writes what is there and stops. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(1_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean admits() {
    if (allowed.get() > 0 && allowed.getAndDecrement() > 0) {
      return true;
    }
    suppressed.getAndIncrement();
    return false;
  }

  private void run() {
    long second = System.nanoTime();
    while (!closed) {
      write();
      LockSupport.parkNanos(this, PAUSE_NANOS);
      if (System.nanoTime() - second > TimeUnit.SECONDS.toNanos(1)) {
        second = System.nanoTime();
        allowed.set(LINES_A_SECOND);
        tellSuppressed();
      }
    }
    write();
    tellSuppressed();
  }

  /** The next line that is to be written; null: there is none. */
  String next() {
    return lines.poll();
  }

  private void write() {
    for (String line = next(); line != null; line = next()) {
      LOG.warn(line);
    }
  }

  private void tellSuppressed() {
    long more = suppressed.getAndSet(0);
    if (more > 0) {
      LOG.warn("event=lines_suppressed count={}", more);
    }
  }

  /** On one line, and closed by its quotes. */
  private static String clean(String cause) {
    String line = cause.replaceAll("[\\p{Cntrl}\"\\\\]+", " ").strip();
    return line.length() > LONGEST_CAUSE ? line.substring(0, LONGEST_CAUSE) : line;
  }
}
