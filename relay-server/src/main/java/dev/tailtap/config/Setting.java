package dev.tailtap.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One key of the configuration file: how it is spelled, what it takes, what holds where it is not
 * set. A word in capitals stands for what the operator chooses: {@code NAME}, the second word of a
 * key, for one of a group such as the upstreams; any other, the last word, for what is set one by
 * one, such as a header field. Immutable.
 */
public final class Setting<T> {
  private static final Pattern ANY_NAME = Pattern.compile("^(\\w+)\\.NAME\\.");
  private static final Pattern LAST_WORD = Pattern.compile("\\.[A-Z]+$");

  private final String template;
  private final ValueType<T> type;
  private final String preset; // as it is written in a file; null: there is none
  private final Setting<T> followed; // whose value holds where this one is not set; null: none
  private final String meaning;
  private final boolean atStart;
  private final Pattern pattern;

  private Setting(
      String template,
      ValueType<T> type,
      String preset,
      Setting<T> followed,
      String meaning,
      boolean atStart) {
    this.template = template;
    this.type = type;
    this.preset = preset;
    this.followed = followed;
    this.meaning = meaning;
    this.atStart = atStart;
    String named = template.replace(".", "\\.").replace("NAME", "(?<name>[^.]+)");
    pattern = Pattern.compile(LAST_WORD.matcher(named).replaceFirst(".(?<word>.+)"));
  }

  /**
   * A setting that need not be set.
   *
   * @param preset what holds then, as it is written in a file
   * @param meaning one line for whoever reads a list of the settings
   */
  static <T> Setting<T> of(String template, ValueType<T> type, String preset, String meaning) {
    return new Setting<>(template, type, preset, null, meaning, false);
  }

  /** A setting that must be set; after a mistake it reads as null, so its type is no primitive. */
  static <T> Setting<T> required(String template, ValueType<T> type, String meaning) {
    return new Setting<>(template, type, null, null, meaning, false);
  }

  /** A setting that has the value of another where it is not set. */
  static <T> Setting<T> following(String template, Setting<T> other, String meaning) {
    return new Setting<>(template, other.type, other.preset, other, meaning, false);
  }

  /** A setting whose last word the operator chooses; there may be any number of them. */
  static <T> Setting<T> each(String template, ValueType<T> type, String meaning) {
    return new Setting<>(template, type, null, null, meaning, false);
  }

  /** The same, of which only the start takes notice: a reload leaves it as it is. */
  Setting<T> atStart() {
    return new Setting<>(template, type, preset, followed, meaning, true);
  }

  /** The key with its words in capitals; for most settings, the key itself. */
  public String template() {
    return template;
  }

  /** The key as it stands in a file, for one of the group. */
  public String key(String name) {
    return template.replace(".NAME.", "." + name + ".");
  }

  /** The key as it stands in a file, for one of the group and with the last word filled in. */
  public String key(String name, String word) {
    return LAST_WORD.matcher(key(name)).replaceFirst(Matcher.quoteReplacement("." + word));
  }

  /** What the keys of its group begin with, {@code upstream} for example; empty: it has none. */
  public String group() {
    Matcher matcher = ANY_NAME.matcher(template);
    return matcher.find() ? matcher.group(1) : "";
  }

  /** Whether a key is one of this setting. */
  public boolean spells(String key) {
    return pattern.matcher(key).matches();
  }

  /** The last word of a key, which the operator chose. */
  public String word(String key) {
    Matcher matcher = pattern.matcher(key);
    return matcher.matches() ? matcher.group("word") : "";
  }

  public ValueType<T> type() {
    return type;
  }

  /** What holds where it is not set, as it is written in a file. */
  public Optional<String> preset() {
    return Optional.ofNullable(preset);
  }

  /** Whose value holds where it is not set. */
  public Optional<Setting<T>> followed() {
    return Optional.ofNullable(followed);
  }

  /** What it is for, in one line. */
  public String meaning() {
    return meaning;
  }

  /** Whether a change needs a restart. */
  public boolean isAtStart() {
    return atStart;
  }

  @Override
  public String toString() {
    return template;
  }
}
