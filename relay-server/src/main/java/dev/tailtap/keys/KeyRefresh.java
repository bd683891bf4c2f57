package dev.tailtap.keys;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link Keyring} as where the keys are kept says it: first by its snapshot, then by the
 * source itself, again and again on a thread of its own. What cannot be read leaves what is held.
 */
public final class KeyRefresh implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRefresh.class);
  private static final long PATIENCE_MS = 3_000;

  private final Keyring keys;
  private final KeySource source;
  private final KeySnapshot snapshot; // null: the source is as near
  private final Duration every;
  private final Stats stats;
  private final Thread thread = new Thread(this::run, "tailtap-keys");
  private boolean failing; // by the thread, after the start
  private List<KeyEntry> unwritten; // what the snapshot should have; null: it has it
  private volatile boolean closed;

  private KeyRefresh(Keyring keys, KeySource source, Path snapshot, Duration every, Stats stats) {
    this.keys = keys;
    this.source = source;
    this.snapshot = snapshot == null ? null : new KeySnapshot(snapshot);
    this.every = every;
    this.stats = stats;
    thread.setDaemon(true);
    stats.gauge(Metric.KEYS, "", keys::size);
    stats.gauge(Metric.KEYS_AGE, "", keys::ageSeconds);
  }

  /**
   * Reads the snapshot and the source, and goes on.
   *
   * @param snapshot null: none is kept
   */
  public static KeyRefresh start(
      Keyring keys, KeySource source, Path snapshot, Duration every, Stats stats) {
    KeyRefresh refresh = new KeyRefresh(keys, source, snapshot, every, stats);
    refresh.readSnapshot();
    refresh.refresh();
    refresh.thread.start();
    return refresh;
  }

  /** What a relay is started with is what it held last. */
  private void readSnapshot() {
    try {
      KeySnapshot.Content kept = snapshot == null ? null : snapshot.read();
      if (kept != null) {
        keys.hold(kept.entries(), kept.asOf());
      }
    } catch (IOException e) {
      LOG.warn("event=keys_snapshot_unreadable reason=\"{}\"", e.getMessage());
    }
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, every.toNanos());
      if (!closed) {
        refresh();
      }
    }
  }

  private void refresh() {
    try {
      Instant now = keys.clock().instant();
      List<KeyEntry> entries = source.changed();
      if (entries != null) {
        keys.hold(entries, now);
        unwritten = entries;
        LOG.info("event=keys_loaded keys={}", entries.size());
      } else {
        keys.confirm(now);
      }
      stats.count(entries == null ? Label.KEYS_REFRESH_UNCHANGED : Label.KEYS_REFRESH_CHANGED);
      failing = false;
      write(now);
    } catch (IOException | RuntimeException e) {
      stats.count(Label.KEYS_REFRESH_FAILED);
      if (!failing && !closed) {
        failing = true;
        String held = keys.isLoaded() ? "the former stay" : "none is known";
        LOG.warn("event=keys_not_read kept=\"{}\" reason=\"{}\"", held, e.getMessage());
      }
    }
  }

  private void write(Instant now) {
    if (snapshot == null || unwritten == null) {
      return;
    }
    try {
      snapshot.write(unwritten, now);
      unwritten = null;
    } catch (IOException e) {
      LOG.warn("event=keys_snapshot_not_written reason=\"{}\"", e.getMessage());
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(PATIENCE_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
