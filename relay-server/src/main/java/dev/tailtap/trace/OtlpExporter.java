package dev.tailtap.trace;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to one collector, many at once, on a thread of its own. What a collector does not
 * take for now is sent again (OTLP specification, "Retryable response codes", "Failures"), five
 * times in all; meanwhile what comes waits, and is dropped where there is no room. Offered by any
 * thread.
 */
final class OtlpExporter {
  private static final Logger LOG = LoggerFactory.getLogger(OtlpExporter.class);
  private static final int ROOM = 8_192;
  private static final int MOST_AT_ONCE = 2_048;
  private static final int TRIES = 5;
  private static final long COMPANY_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long LAG_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final MpscVarHandleArrayQueue<Span> queue = new MpscVarHandleArrayQueue<>(ROOM);
  private final URI endpoint;
  private final OtlpJson json;
  private final Stats stats;
  private final Thread thread;
  private volatile long deadline; // nanoseconds; once closed
  private volatile boolean closed;
  private boolean said; // that spans were dropped; its thread's, as the next
  private long saidAt;

  /**
   * Starts the thread.
   *
   * @param instance the relay's name; empty: it has none
   */
  OtlpExporter(URI endpoint, String instance, Stats stats) {
    this.endpoint = endpoint;
    this.stats = stats;
    json = OtlpJson.of(instance);
    thread = new Thread(this::run, "tailtap-traces");
    thread.setDaemon(true);
    thread.start();
  }

  /** Hands a span over; false: there is no room. Never blocks. */
  boolean offer(Span span) {
    return queue.offer(span);
  }

  /** Nothing more is offered: what waits is sent, for so long at most. Does not wait for it. */
  void close(Duration atMost) {
    deadline = System.nanoTime() + atMost.toNanos();
    closed = true;
    LockSupport.unpark(thread);
  }

  /** Waits for the end of one that is closed. */
  void await(Duration atMost) {
    try {
      thread.join(atMost.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Collector collector = new Collector(endpoint);
    List<Span> batch = new ArrayList<>(MOST_AT_ONCE);
    long since = 0;
    boolean over = false;
    while (!over) {
      boolean last = closed;
      since = batch.isEmpty() ? System.nanoTime() : since;
      fill(batch);
      boolean late = last || System.nanoTime() - since >= COMPANY_NANOS;
      if (batch.size() == MOST_AT_ONCE || (late && !batch.isEmpty())) {
        send(batch, collector);
        batch.clear();
      } else if (last) {
        over = true;
      } else { // to be woken costs whoever ends a call, and each waking more than many spans
        LockSupport.parkNanos(this, LAG_NANOS);
      }
    }
  }

  private void fill(List<Span> batch) {
    while (batch.size() < MOST_AT_ONCE) {
      Span next = queue.poll();
      if (next == null) {
        return;
      }
      batch.add(next);
    }
  }

  private void send(List<Span> batch, Collector collector) {
    byte[] request;
    try {
      request = json.request(batch);
    } catch (RuntimeException bug) { // it must not end the thread
      drop(Label.SPANS_REFUSED, batch.size(), "not written: " + bug.getClass().getSimpleName());
      return;
    }
    long pause = FIRST_PAUSE_NANOS;
    Collector.Answer answer = collector.post(request, this::patience);
    for (int tries = 1; answer.retry() && tries < TRIES && mayWait(); tries++) {
      pause(Math.max(jittered(pause), answer.afterNanos()));
      pause *= 2;
      answer = collector.post(request, this::patience);
    }
    tell(answer, batch.size());
  }

  private void tell(Collector.Answer answer, int spans) {
    switch (answer.result()) {
      case TAKEN -> {
        long rejected = Math.min(answer.rejected(), spans);
        stats.add(Metric.SPANS_SENT, spans - rejected);
        if (rejected > 0) {
          drop(Label.SPANS_REFUSED, rejected, "partial success");
        }
      }
      case REFUSED, BUSY -> drop(Label.SPANS_REFUSED, spans, answer.reason());
      case UNREACHABLE -> drop(Label.SPANS_UNREACHABLE, spans, answer.reason());
    }
  }

  private void drop(Label why, long spans, String reason) {
    stats.add(why, spans);
    long now = System.nanoTime();
    if (!said || now - saidAt > QUIET_NANOS) {
      said = true;
      saidAt = now;
      LOG.warn("event=spans_dropped count={} reason={} detail=\"{}\"", spans, why.value(), reason);
    }
  }

  /** How long an answer is waited for yet; 0: no longer. */
  private long patience(long sinceNanos) {
    long now = System.nanoTime();
    long left = sinceNanos + Collector.PATIENCE_NANOS - now;
    return Math.max(0, closed ? Math.min(left, deadline - now) : left);
  }

  private boolean mayWait() {
    return !closed || deadline - System.nanoTime() > 0;
  }

  /** From half of it to all of it, so that relays do not come back together. */
  private static long jittered(long nanos) {
    return nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1);
  }

  /** Until then, or until it is closed: who ends has no time to wait. */
  private void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0 && !closed; left = end - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
    }
  }
}
