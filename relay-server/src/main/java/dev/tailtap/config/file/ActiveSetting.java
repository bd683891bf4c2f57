package dev.tailtap.config.file;

import dev.tailtap.config.Setting;
import java.util.Objects;

/** One setting as a reading found it. Its value is compared and never shown. Immutable. */
public final class ActiveSetting {
  private static final String DEFAULT = "default";
  private static final String HIDDEN = "***";

  private final Setting<?> setting;
  private final String key;
  private final Object value; // null: it has none
  private final String text;
  private final String source;

  private ActiveSetting(Setting<?> setting, String key, Object value, String text, String source) {
    this.setting = setting;
    this.key = key;
    this.value = value;
    this.text = setting.type().secret() && !text.isEmpty() ? HIDDEN : text;
    this.source = source;
  }

  /**
   * One that was set.
   *
   * @param text what stands for the value where it may be shown
   */
  static ActiveSetting written(
      Setting<?> setting, String key, Object value, String text, String source) {
    return new ActiveSetting(setting, key, value, text, source);
  }

  /** One that was not: its value is its default, or that of the one that it follows. */
  static ActiveSetting preset(
      Setting<?> setting, String key, Object value, ActiveSetting followed) {
    return followed == null
        ? new ActiveSetting(setting, key, value, setting.preset().orElse(""), DEFAULT)
        : new ActiveSetting(setting, key, value, followed.text, followed.key);
  }

  /** As it stands in a file. */
  public String key() {
    return key;
  }

  /** Its value as it would be written; {@code ***} where it is a secret. */
  public String text() {
    return text;
  }

  /** {@code default}, or the setting whose value it has, or where it was set. */
  public String source() {
    return source;
  }

  /** What it is for, in one line. */
  public String meaning() {
    return setting.meaning();
  }

  /** Whether a change needs a restart. */
  public boolean isAtStart() {
    return setting.isAtStart();
  }

  boolean isSet() {
    return !source.equals(DEFAULT);
  }

  boolean hasValueOf(ActiveSetting other) {
    return Objects.equals(value, other.value);
  }

  @Override
  public String toString() {
    return key + "=" + text;
  }
}
