package dev.tailtap.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The values behind the keys, read by the kind of their knob. A mistake is noted once and its knob
 * then answers with its default (null if it has none), so that reading goes on and all mistakes
 * come out together.
 */
final class Settings {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(?:([A-Za-z_][A-Za-z0-9_]*)})?");
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");
  private static final Pattern NAMED = Pattern.compile("(upstream|route)\\.([^.]+)\\..+");

  private final Map<String, String> entries;
  private final Map<String, String> environment;
  private final List<String> errors;

  /** Keys whose absence is explained by an error that was already noted. */
  private final Set<String> excused = new HashSet<>();

  Settings(Map<String, String> entries, Map<String, String> environment, List<String> errors) {
    this.entries = entries;
    this.environment = environment;
    this.errors = errors;
    entries.keySet().forEach(this::checkKey);
  }

  /** The names that stand in keys of {@code upstream.NAME.…} or {@code route.NAME.…}, in order. */
  Collection<String> names(String group) {
    Set<String> names = new LinkedHashSet<>();
    for (String key : entries.keySet()) {
      Matcher matcher = NAMED.matcher(key);
      if (matcher.matches() && matcher.group(1).equals(group)) {
        names.add(matcher.group(2));
      }
    }
    return names;
  }

  /** Header fields of an upstream, in order. */
  Map<String, String> headers(String name) {
    Map<String, String> headers = new LinkedHashMap<>();
    String prefix = Knob.UPSTREAM_HEADER.key(name).replace("FIELD", "");
    for (String key : entries.keySet()) {
      if (key.startsWith(prefix)) {
        String value = (String) read(Knob.UPSTREAM_HEADER, key);
        headers.put(Knob.UPSTREAM_HEADER.field(key), value);
      }
    }
    return headers;
  }

  InetSocketAddress address(Knob knob) {
    return (InetSocketAddress) value(knob, "");
  }

  List<InetSocketAddress> addresses(Knob knob) {
    return ((List<?>) value(knob, "")).stream().map(InetSocketAddress.class::cast).toList();
  }

  URI url(Knob knob, String name) {
    return (URI) value(knob, name);
  }

  Path path(Knob knob, String name) {
    return (Path) value(knob, name);
  }

  Path path(Knob knob) {
    return path(knob, "");
  }

  String text(Knob knob, String name) {
    return (String) value(knob, name);
  }

  String text(Knob knob) {
    return text(knob, "");
  }

  <E extends Enum<E>> E choice(Knob knob, Class<E> type) {
    return Enum.valueOf(type, text(knob).toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  Duration time(Knob knob, String name) {
    return (Duration) value(knob, name);
  }

  Duration time(Knob knob) {
    return time(knob, "");
  }

  int count(Knob knob, String name) {
    return (Integer) value(knob, name);
  }

  int count(Knob knob) {
    return count(knob, "");
  }

  long size(Knob knob, String name) {
    return (Long) value(knob, name);
  }

  long size(Knob knob) {
    return size(knob, "");
  }

  private Object value(Knob knob, String name) {
    String key = knob.key(name);
    if (entries.containsKey(key)) {
      return read(knob, key);
    }
    if (knob.preset() == null && !excused.contains(key)) {
      errors.add(key + ": must be set, to " + knob.kind().allowed());
    }
    return preset(knob);
  }

  private Object read(Knob knob, String key) {
    String written = entries.get(key);
    try {
      return knob.kind().reader().apply(expand(key, written));
    } catch (MissingVariable reported) {
      return preset(knob);
    } catch (IllegalArgumentException bad) {
      String shown = knob.kind().secret() ? key : key + "=" + withoutSecrets(written);
      errors.add(shown + ": must be " + knob.kind().allowed());
      return preset(knob);
    }
  }

  private Object preset(Knob knob) {
    if (knob.preset() == null || knob == Knob.UPSTREAM_HEADER) {
      return knob.preset();
    }
    return Knob.of(knob.preset())
        .map(other -> value(other, ""))
        .orElseGet(() -> knob.kind().reader().apply(knob.preset()));
  }

  private String expand(String key, String written) {
    Matcher matcher = VARIABLE.matcher(written);
    StringBuilder expanded = new StringBuilder();
    boolean missing = false;
    while (matcher.find()) {
      String variable = matcher.group(1);
      String value = variable == null ? null : environment.get(variable);
      if (variable == null) {
        errors.add(key + ": a ${ must be followed by the name of a variable and a }");
      } else if (value == null) {
        errors.add(key + ": the environment variable " + variable + " is not set");
      }
      missing |= value == null;
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(value == null ? "" : value));
    }
    if (missing) {
      throw new MissingVariable();
    }
    return matcher.appendTail(expanded).toString();
  }

  /** Shows a value as it was written, so never a variable's content, and no login of a URL. */
  private static String withoutSecrets(String written) {
    return written.replaceAll("//.*@", "//***@").replaceAll("\\?.*", "?***");
  }

  private void checkKey(String key) {
    Matcher matcher = NAMED.matcher(key);
    String name = matcher.matches() ? matcher.group(2) : "";
    if (Knob.of(key).isEmpty()) {
      Set<String> known = new LinkedHashSet<>();
      for (Knob knob : Knob.values()) {
        known.add(knob.named() && name.isEmpty() ? knob.template() : knob.key(name));
      }
      errors.add(key + ": is no setting" + Spelling.hint(key, known));
      Spelling.nearest(key, known).ifPresent(excused::add);
    } else if (!name.isEmpty() && !NAME.matcher(name).matches()) {
      errors.add(key + ": a name consists of a-z, 0-9 and -");
    }
  }

  /** Already noted as an error. */
  private static final class MissingVariable extends RuntimeException {
    MissingVariable() {
      super(null, null, false, false);
    }
  }
}
