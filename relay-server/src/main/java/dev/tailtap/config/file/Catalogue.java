package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.Setting;
import dev.tailtap.config.Settings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Every setting there is, found by what the records ask for while one is made of defaults alone: so
 * none has to be listed a second time. Immutable.
 */
final class Catalogue {
  private static final Pattern GROUPED = Pattern.compile("([^.]+)\\.([^.]+)\\..+");

  private final List<Setting<?>> settings;
  private final Set<String> groups = new LinkedHashSet<>();

  private Catalogue(Collection<Setting<?>> settings) {
    this.settings = List.copyOf(settings);
    settings.forEach(setting -> groups.add(setting.group()));
    groups.remove("");
  }

  static Catalogue ofRelay() {
    Recorder recorder = new Recorder();
    RelayConfig.of(recorder);
    return new Catalogue(recorder.asked);
  }

  /** In the order in which they are read. */
  List<Setting<?>> settings() {
    return settings;
  }

  /** The setting that a key of the file is one of. */
  Optional<Setting<?>> of(String key) {
    for (Setting<?> setting : settings) {
      if (setting.spells(key)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }

  /** Which of a group a key is about; empty if it is about none of any. */
  String name(String key) {
    Matcher matcher = GROUPED.matcher(key);
    return matcher.matches() && groups.contains(matcher.group(1)) ? matcher.group(2) : "";
  }

  /** The names of a group in some keys, in their order. */
  Collection<String> names(String group, Collection<String> keys) {
    Set<String> names = new LinkedHashSet<>();
    for (String key : keys) {
      String name = key.startsWith(group + ".") ? name(key) : "";
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return names;
  }

  /** All keys, of groups those of one name; with an empty name, as they are written of any. */
  List<String> keys(String name) {
    List<String> keys = new ArrayList<>();
    for (Setting<?> setting : settings) {
      keys.add(name.isEmpty() ? setting.template() : setting.key(name));
    }
    return keys;
  }

  /** Notes what it is asked for; every group has one member, and everything its default. */
  private static final class Recorder implements Settings {
    private final Set<Setting<?>> asked = new LinkedHashSet<>();

    @Override
    public <T> T get(Setting<T> setting, String name) {
      setting.followed().ifPresent(asked::add);
      asked.add(setting);
      return setting.preset().map(setting.type().reader()).orElse(null);
    }

    @Override
    public <T> T either(Setting<T> one, Setting<T> other, String name) {
      asked.add(one);
      asked.add(other);
      return null;
    }

    @Override
    public <T> Map<String, T> each(Setting<T> setting, String name) {
      asked.add(setting);
      return new LinkedHashMap<>();
    }

    @Override
    public Collection<String> names(String group) {
      return List.of("any");
    }
  }
}
