package dev.tailtap.config.file;

/**
 * A setting that is another in a later reading.
 *
 * @param before null: there was none of this key
 * @param after null: there is none any more
 */
public record SettingChange(ActiveSetting before, ActiveSetting after) {
  public String key() {
    return (before == null ? after : before).key();
  }

  /** Whether it waits for a restart. */
  public boolean isAtStart() {
    return (before == null ? after : before).isAtStart();
  }
}
