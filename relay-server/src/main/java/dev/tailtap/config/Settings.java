package dev.tailtap.config;

import java.util.Collection;
import java.util.Map;

/**
 * The values of the settings, from which the records make themselves. A value that is wrong, and
 * one that is missing although it must be set, was reported, and reads as the default, or null.
 */
public interface Settings {
  /**
   * The value of a setting.
   *
   * @param name which of its group; empty: it has none
   */
  <T> T get(Setting<T> setting, String name);

  /**
   * The value of the one of two settings that is set: one must be, and not both.
   *
   * @param name which of its group
   */
  <T> T either(Setting<T> one, Setting<T> other, String name);

  /** The values of a setting whose last word the operator chooses, by that word, in their order. */
  <T> Map<String, T> each(Setting<T> setting, String name);

  /** The names of which any setting of a group is set, in the order of the file. */
  Collection<String> names(String group);

  default <T> T get(Setting<T> setting) {
    return get(setting, "");
  }
}
