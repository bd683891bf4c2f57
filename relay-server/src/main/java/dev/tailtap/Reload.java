package dev.tailtap;

import dev.tailtap.admin.LiveSettings;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ActiveSetting;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.config.file.LoadedConfig;
import dev.tailtap.config.file.SettingChange;
import dev.tailtap.limits.Descriptors;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the settings of a relay that runs again, as its start did, and has all of them used or
 * none. One after the other, on the threads of whoever wants it, which are never those of a loop.
 */
final class Reload implements LiveSettings, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

  /** A file that nobody has written to for so long is whole. */
  private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final int LOOKS = 40;

  private final ConfigFile file;
  private final Stats stats;
  private final Consumer<RelayConfig> use;
  private LoadedConfig active; // guarded by this, as since is
  private Instant since = now();
  private boolean closed; // guarded by this

  /**
   * Of a relay that was started with these settings.
   *
   * @param use has others used from the next request on; or throws IllegalStateException, with a
   *     message for people, and nothing has changed
   */
  Reload(ConfigFile file, LoadedConfig started, Stats stats, Consumer<RelayConfig> use) {
    this.file = file;
    this.stats = stats;
    active = started;
    this.use = use;
  }

  @Override
  public synchronized Reloaded reload(String by) {
    Reloaded done;
    try {
      done = closed ? refused(List.of("the relay stops")) : reload();
    } catch (ConfigException e) {
      done = refused(e.errors());
    } catch (IllegalStateException e) {
      done = refused(List.of(e.getMessage()));
    }
    stats.count(
        switch (done.result()) {
          case APPLIED -> Label.RELOAD_APPLIED;
          case UNCHANGED -> Label.RELOAD_UNCHANGED;
          case REFUSED -> Label.RELOAD_REFUSED;
        });
    log(by, done);
    return done;
  }

  /** From now on every reload is refused: what they would change is about to close. */
  @Override
  public synchronized void close() {
    closed = true;
  }

  @Override
  public synchronized Active active() {
    List<Difference> differs = List.of();
    List<String> errors = List.of();
    try {
      differs = active.changesTo(file.read()).stream().map(Reload::difference).toList();
    } catch (ConfigException e) {
      errors = e.errors();
    }
    List<Value> values =
        active.settings().stream()
            .map(each -> new Value(each.key(), each.text(), each.source()))
            .toList();
    return new Active(file.path().toString(), since, values, differs, errors);
  }

  private Reloaded reload() throws ConfigException {
    LoadedConfig later = whole();
    return later == null ? refused(List.of(file.path() + ": is being written")) : take(later);
  }

  private Reloaded take(LoadedConfig later) throws ConfigException {
    LoadedConfig next = file.takenOver(active, later);
    List<SettingChange> changes = active.changesTo(next);
    List<Difference> waiting =
        active.changesTo(later).stream()
            .filter(SettingChange::isAtStart)
            .map(Reload::difference)
            .toList();
    if (!changes.isEmpty()) {
      use.accept(next.config());
      since = now();
    }
    active = next; // its lines may be others
    return new Reloaded(
        changes.isEmpty() ? Result.UNCHANGED : Result.APPLIED,
        file.path().toString(),
        since,
        changes.stream().map(SettingChange::key).toList(),
        waiting,
        List.of(),
        ConfigWarnings.of(next.config(), Descriptors.now()));
  }

  private Reloaded refused(List<String> errors) {
    return new Reloaded(
        Result.REFUSED, file.path().toString(), since, List.of(), List.of(), errors, List.of());
  }

  /** Reads it once nobody writes to it; null: somebody does, all the time. */
  private LoadedConfig whole() throws ConfigException {
    Stamp before = Stamp.of(file.path());
    for (int i = 0; i < LOOKS; i++) {
      LockSupport.parkNanos(this, REST_NANOS);
      Stamp after = Stamp.of(file.path());
      if (after.equals(before)) {
        LoadedConfig read = file.read();
        if (Stamp.of(file.path()).equals(after)) {
          return read;
        }
      }
      before = after;
    }
    return null;
  }

  private static Difference difference(SettingChange change) {
    return new Difference(
        change.key(), text(change.before()), text(change.after()), change.isAtStart());
  }

  private static String text(ActiveSetting setting) {
    return setting == null ? null : setting.text();
  }

  private static void log(String by, Reloaded done) {
    done.errors().forEach(error -> LOG.error("config {}", error));
    done.warnings().forEach(warning -> LOG.warn("config {}", warning));
    for (Difference each : done.needsRestart()) {
      LOG.warn("config {}: needs a restart; until then it is {}", each.key(), each.active());
    }
    LOG.info(
        "event=reload by={} result={} errors={} needs_restart={} changed={}",
        by,
        done.result().name().toLowerCase(Locale.ROOT),
        done.errors().size(),
        done.needsRestart().size(),
        String.join(",", done.changed()));
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  /** What tells whether a file was written to; null and -1 where there is none. */
  private record Stamp(FileTime modified, long size) {
    static Stamp of(Path file) {
      try {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(now.lastModifiedTime(), now.size());
      } catch (IOException gone) {
        return new Stamp(null, -1);
      }
    }
  }
}
