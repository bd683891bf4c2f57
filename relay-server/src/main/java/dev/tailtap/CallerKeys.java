package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.keys.KeyFile;
import dev.tailtap.keys.KeyRefresh;
import dev.tailtap.keys.KeySource;
import dev.tailtap.keys.Keyring;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.UsageStore;
import java.nio.file.Path;

/** Where the virtual keys of callers come from. */
final class CallerKeys {
  private CallerKeys() {}

  /** Those of a database are kept beside the journal, too; those of a file are as near. */
  static KeyRefresh refresh(Keyring keys, RelayConfig config, UsageStore store, Stats stats) {
    Path file = config.keys().file();
    boolean own = file != null;
    Path snapshot = own ? null : config.journal().dir().resolve("keys.snapshot");
    KeySource source = own ? new KeyFile(file) : store.keys();
    return KeyRefresh.start(keys, source, snapshot, config.keys().refresh(), stats);
  }
}
