package dev.tailtap.config.file;

import dev.tailtap.config.Setting;
import dev.tailtap.config.Settings;
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
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");

  private final Catalogue catalogue;
  private final Map<String, String> entries;
  private final Map<String, String> environment;
  private final List<String> errors;

  /** Keys whose absence is explained by an error that was already noted. */
  private final Set<String> excused = new HashSet<>();

  FileSettings(
      Catalogue catalogue,
      Map<String, String> entries,
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

  @Override
  public <T> T get(Setting<T> setting, String name) {
    String key = setting.key(name);
    if (entries.containsKey(key)) {
      return read(setting, key);
    }
    if (setting.preset().isEmpty() && !excused.contains(key)) {
      note(key + ": must be set, to " + setting.type().allowed());
    }
    return preset(setting);
  }

  private <T> T read(Setting<T> setting, String key) {
    String written = entries.get(key);
    try {
      return setting.type().reader().apply(expand(key, written));
    } catch (MissingVariable reported) {
      return preset(setting);
    } catch (IllegalArgumentException bad) {
      String shown = setting.type().secret() ? key : key + "=" + withoutSecrets(written);
      note(shown + ": must be " + setting.type().allowed());
      return preset(setting);
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
      throw new MissingVariable();
    }
    return matcher.appendTail(expanded).toString();
  }

  /** Once: a setting that others follow is read more than once. */
  private void note(String error) {
    if (!errors.contains(error)) {
      errors.add(error);
    }
  }

  /** Shows a value as it was written, so never a variable's content, and no login of a URL. */
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
  private static final class MissingVariable extends RuntimeException {
    MissingVariable() {
      super(null, null, false, false);
    }
  }
}
