package dev.tailtap.config.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tailtap.config.Setting;
import dev.tailtap.config.Settings;
import dev.tailtap.config.ValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The values behind the keys of a file. A mistake is noted once and its setting then answers with
 * its default (null if it has none), so that reading goes on and all mistakes come out together.
 */
final class FileSettings implements Settings {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(?:([A-Za-z_][A-Za-z0-9_]*)})?");
  private static final String FILE = "@"; // decided by what is written, never by a variable
  private static final int MOST_OF_A_FILE = 64 * 1024;
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");

  private final Catalogue catalogue;
  private final Map<String, Written> entries;
  private final Map<String, String> environment;
  private final List<String> errors;

  /** Keys whose absence is explained by an error that was already noted. */
  private final Set<String> excused = new HashSet<>();

  private final Map<String, ActiveSetting> active = new LinkedHashMap<>();

  FileSettings(
      Catalogue catalogue,
      Map<String, Written> entries,
      Map<String, String> environment,
      List<String> errors) {
    this.catalogue = catalogue;
    this.entries = entries;
    this.environment = environment;
    this.errors = errors;
    entries.keySet().forEach(this::checkKey);
  }

  @Override
  public Collection<String> names(String group) {
    return catalogue.names(group, entries.keySet());
  }

  @Override
  public <T> Map<String, T> each(Setting<T> setting, String name) {
    Map<String, T> values = new LinkedHashMap<>();
    String prefix = setting.key(name, "");
    for (String key : entries.keySet()) {
      if (key.startsWith(prefix)) {
        values.put(setting.word(key), read(setting, key));
      }
    }
    return values;
  }

  /** What was asked for and found, by key. */
  Map<String, ActiveSetting> active() {
    return active;
  }

  @Override
  public <T> T get(Setting<T> setting, String name) {
    String key = setting.key(name);
    setting.followed().ifPresent(followed -> get(followed, ""));
    if (entries.containsKey(key)) {
      return read(setting, key);
    }
    if (setting.preset().isEmpty() && !excused.contains(key)) {
      note(key + ": must be set, to " + setting.type().allowed());
    }
    T value = preset(setting);
    ActiveSetting followed =
        setting.followed().map(other -> active.get(other.key(""))).orElse(null);
    active.put(key, ActiveSetting.preset(setting, key, value, followed));
    return value;
  }

  @Override
  public <T> T either(Setting<T> one, Setting<T> other, String name) {
    String first = one.key(name);
    String second = other.key(name);
    if (entries.containsKey(first) && entries.containsKey(second)) {
      note(second + ": is set beside " + first + "; keep one");
    } else if (entries.containsKey(second)) {
      return read(other, second);
    } else if (!entries.containsKey(first)) {
      if (!excused.contains(first) && !excused.contains(second)) {
        String alternative = "; or " + second + ", to " + other.type().allowed();
        note(first + ": must be set, to " + one.type().allowed() + alternative);
      }
      return null;
    }
    return read(one, first);
  }

  private <T> T read(Setting<T> setting, String key) {
    ValueType<T> type = setting.type();
    String written = entries.get(key).text();
    boolean file = type.file() && written.startsWith(FILE);
    try {
      String text = expand(key, written);
      T value = type.reader().apply(file ? content(key, written, text) : text);
      String source = entries.get(key).source() + variables(written) + (file ? ", " + written : "");
      active.put(key, ActiveSetting.written(setting, key, value, withoutSecrets(text), source));
      return value;
    } catch (Noted noted) {
      return preset(setting);
    } catch (IllegalArgumentException bad) {
      String shown = type.secret() && !file ? key : key + "=" + withoutSecrets(written);
      String orFile = type.file() ? ", or " + FILE + " and the name of a file that holds it" : "";
      note(shown + (file ? ": must hold " : ": must be ") + type.allowed() + (file ? "" : orFile));
      return preset(setting);
    }
  }

  /** What a file holds, without white space around it; one that is no text holds nothing good. */
  private String content(String key, String written, String expanded) {
    try (InputStream in = Files.newInputStream(Path.of(expanded.substring(FILE.length())))) {
      return new String(in.readNBytes(MOST_OF_A_FILE), ISO_8859_1).strip();
    } catch (IOException | InvalidPathException unreadable) {
      note(key + "=" + written + ": must be a file that can be read");
      throw new Noted();
    }
  }

  private <T> T preset(Setting<T> setting) {
    if (setting.followed().isPresent()) {
      return get(setting.followed().get(), "");
    }
    return setting.preset().map(setting.type().reader()).orElse(null);
  }

  private String expand(String key, String written) {
    Matcher matcher = VARIABLE.matcher(written);
    StringBuilder expanded = new StringBuilder();
    boolean missing = false;
    while (matcher.find()) {
      String variable = matcher.group(1);
      String value = variable == null ? null : environment.get(variable);
      if (variable == null) {
        note(key + ": a ${ must be followed by the name of a variable and a }");
      } else if (value == null) {
        note(key + ": the environment variable " + variable + " is not set");
      }
      missing |= value == null;
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(value == null ? "" : value));
    }
    if (missing) {
      throw new Noted();
    }
    return matcher.appendTail(expanded).toString();
  }

  /** The variables that a value refers to, as a part of its source. */
  private static String variables(String written) {
    StringBuilder names = new StringBuilder();
    VARIABLE
        .matcher(written)
        .results()
        .forEach(found -> names.append(", environment ").append(found.group(1)));
    return names.toString();
  }

  /** Once: a setting that others follow is read more than once. */
  private void note(String error) {
    if (!errors.contains(error)) {
      errors.add(error);
    }
  }

  /** No login and no query of a URL. A mistake shows a value as it was written, unexpanded. */
  private static String withoutSecrets(String written) {
    return written.replaceAll("//.*@", "//***@").replaceAll("\\?.*", "?***");
  }

  private void checkKey(String key) {
    String name = catalogue.name(key);
    if (catalogue.of(key).isEmpty()) {
      List<String> known = catalogue.keys(name);
      note(key + ": is no setting" + Spelling.hint(key, known));
      Spelling.nearest(key, known).ifPresent(excused::add);
    } else if (!name.isEmpty() && !NAME.matcher(name).matches()) {
      note(key + ": a name consists of a-z, 0-9 and -");
    }
  }

  /** Already noted as an error. */
  private static final class Noted extends RuntimeException {
    Noted() {
      super(null, null, false, false);
    }
  }
}
