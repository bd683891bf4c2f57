package dev.tailtap.config.file;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.config.UpstreamConfig.Auth;
import dev.tailtap.config.UpstreamConfig.KeyOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The checks between the settings of one upstream. No message has the value of a key. */
final class UpstreamChecks {
  /** RFC 9110 section 5.6.2. */
  private static final Pattern FIELD_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Fields that the relay itself writes, because the framing of a message hangs on them. */
  private static final Set<String> OWN_FIELDS =
      Set.of("host", "content-length", "transfer-encoding", "connection");

  /** Fields of which one carries a key, as the dialect has it. */
  private static final Set<String> KEY_FIELDS =
      Set.of("authorization", "x-api-key", "api-key", "x-goog-api-key");

  private final UpstreamConfig upstream;
  private final List<String> dialects;
  private final List<String> errors;

  UpstreamChecks(UpstreamConfig upstream, List<String> dialects, List<String> errors) {
    this.upstream = upstream;
    this.dialects = dialects;
    this.errors = errors;
  }

  void check() {
    checkDialect();
    checkHeaders();
    checkPool();
    checkKeys();
    checkAliases();
  }

  private void checkDialect() {
    String dialect = upstream.dialect();
    if (!dialect.equals("auto") && !dialects.contains(dialect)) {
      String key = UpstreamConfig.DIALECT.key(upstream.name()) + "=" + dialect;
      String allowed = ": must be auto or one of " + String.join(", ", dialects);
      errors.add(key + allowed + Spelling.hint(dialect, dialects));
    }
  }

  private void checkHeaders() {
    Set<String> seen = new HashSet<>();
    for (String field : upstream.headers().keySet()) {
      String key = UpstreamConfig.HEADERS.key(upstream.name(), field);
      String lower = field.toLowerCase(Locale.ROOT);
      if (!FIELD_NAME.matcher(field).matches()) {
        errors.add(key + ": a header field's name consists of letters, digits and !#$%&'*+.^_`|~-");
      } else if (OWN_FIELDS.contains(lower)) {
        errors.add(key + ": the relay writes this field itself");
      } else if (!seen.add(lower)) {
        errors.add(key + ": is set twice; a field's name has no case");
      } else if (!upstream.keys().isEmpty() && mayCarryKey(lower)) {
        errors.add(key + ": is where " + keySetting("LABEL") + " may go; keep one");
      }
    }
  }

  private boolean mayCarryKey(String lowerCaseField) {
    return switch (upstream.auth()) {
      case AUTO -> KEY_FIELDS.contains(lowerCaseField);
      case BEARER -> lowerCaseField.equals("authorization");
      case X_API_KEY, API_KEY, X_GOOG_API_KEY -> lowerCaseField.equals(upstream.auth().word());
      case NONE -> false;
    };
  }

  /** What says how a key is used wants one, and what says that none is wants none. */
  private void checkPool() {
    Auth auth = upstream.auth();
    String asAuth = UpstreamConfig.AUTH.key(upstream.name()) + "=" + auth.word();
    String needsKey = ": needs a key, " + keySetting("LABEL");
    if (upstream.keys().isEmpty()) {
      if (upstream.keyOrder() == KeyOrder.SPREAD) {
        errors.add(UpstreamConfig.KEY_ORDER.key(upstream.name()) + "=spread" + needsKey);
      }
      if (auth != Auth.AUTO && auth != Auth.NONE) {
        errors.add(asAuth + needsKey);
      }
    } else if (auth == Auth.NONE) {
      String first = upstream.keys().keySet().iterator().next();
      errors.add(asAuth + ": would never send " + keySetting(first) + "; keep one");
    }
  }

  private void checkKeys() {
    Map<String, String> labels = new HashMap<>();
    upstream
        .keys()
        .forEach(
            (label, value) -> {
              if (!LABEL.matcher(label).matches()) {
                errors.add(
                    keySetting(label)
                        + ": a key's label consists of up to 64 letters, digits, -, _ and .");
              }
              String same = value == null ? null : labels.putIfAbsent(value, label);
              if (same != null) {
                errors.add(keySetting(label) + ": is the same key as " + keySetting(same));
              }
            });
  }

  /** Each circle once, at the alias of it that stands first. */
  private void checkAliases() {
    Set<String> done = new HashSet<>();
    for (String alias : upstream.aliases().keySet()) {
      Set<String> way = new LinkedHashSet<>();
      String model = alias;
      while (model != null && !done.contains(model) && way.add(model)) {
        model = upstream.aliases().get(model);
      }
      if (model != null && way.contains(model)) {
        tellCircle(List.copyOf(way), model);
      }
      done.addAll(way);
    }
  }

  private void tellCircle(List<String> way, String first) {
    List<String> circle = way.subList(way.indexOf(first), way.size());
    String key = UpstreamConfig.ALIASES.key(upstream.name(), first);
    String target = upstream.aliases().get(first);
    String around = String.join(", ", circle) + ", " + first;
    errors.add(key + "=" + target + ": the aliases go in a circle, " + around);
  }

  private String keySetting(String label) {
    return UpstreamConfig.KEYS.key(upstream.name(), label);
  }
}
