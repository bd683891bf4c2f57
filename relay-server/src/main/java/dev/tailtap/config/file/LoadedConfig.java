package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What one reading of the settings found: the configuration, and where each value is from. */
public final class LoadedConfig {
  private final RelayConfig config;
  private final Map<String, Written> entries;
  private final Map<String, ActiveSetting> settings;

  LoadedConfig(
      RelayConfig config, Map<String, Written> entries, Map<String, ActiveSetting> settings) {
    this.config = config;
    this.entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    this.settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  public RelayConfig config() {
    return config;
  }

  /** Every setting, also those that nobody set, in the order of the records. */
  public Collection<ActiveSetting> settings() {
    return settings.values();
  }

  Map<String, Written> entries() {
    return entries;
  }

  /**
   * What is another in a later reading: values, what came and went, and what only changed its place
   * among others, since keys and routes have an order.
   */
  public List<SettingChange> changesTo(LoadedConfig later) {
    List<SettingChange> changes = new ArrayList<>();
    Set<String> kept = new LinkedHashSet<>();
    for (ActiveSetting before : settings.values()) {
      ActiveSetting after = later.settings.get(before.key());
      if (after == null || !after.hasValueOf(before)) {
        changes.add(new SettingChange(before, after));
      } else if (before.isSet() && after.isSet()) {
        kept.add(before.key());
      }
    }
    for (ActiveSetting after : later.settings.values()) {
      if (!settings.containsKey(after.key())) {
        changes.add(new SettingChange(null, after));
      }
    }
    Iterator<String> order = later.settings.keySet().stream().filter(kept::contains).iterator();
    for (String key : kept) {
      if (!key.equals(order.next())) {
        changes.add(new SettingChange(settings.get(key), later.settings.get(key)));
      }
    }
    return changes;
  }
}
