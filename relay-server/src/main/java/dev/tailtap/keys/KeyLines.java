package dev.tailtap.keys;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Keys as text, a line for each: {@code ID=HASH; tenant=acme; models=gpt-4o*,o3}, and so on. A
 * percent sign and two digits of hex stand for a character that has a meaning of its own. Empty
 * lines, and those that begin with {@code #}, mean nothing. Stateless.
 */
public final class KeyLines {
  private static final String TAG = "tag.";
  private static final Set<String> KNOWN =
      Set.of("tenant", "name", "routes", "models", "upstreams", "limit", "expires", "disabled");

  private KeyLines() {}

  /**
   * The keys of a file.
   *
   * @param mistakes gets what is wrong, by its line; no secret is told
   */
  public static List<KeyEntry> read(List<String> lines, List<String> mistakes) {
    List<KeyEntry> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      try {
        if (isKey(lines.get(i))) {
          entries.add(read(lines.get(i)));
        }
      } catch (IllegalArgumentException mistake) {
        mistakes.add("line " + (i + 1) + ": " + mistake.getMessage());
      }
    }
    twice(entries, KeyEntry::id, "the id", mistakes);
    twice(entries, KeyEntry::hash, "the hash of key", mistakes);
    return entries;
  }

  static boolean isKey(String line) {
    return !line.isBlank() && !line.stripLeading().startsWith("#");
  }

  /**
   * The key of one line.
   *
   * @throws IllegalArgumentException says what is wrong
   */
  static KeyEntry read(String line) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : line.split(";", -1)) {
      int equals = field.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("must be ID=sha256:…; tenant=…, and so on");
      }
      String name = field.substring(0, equals).strip();
      if (fields.put(name, plain(field.substring(equals + 1).strip())) != null) {
        throw new IllegalArgumentException(shown(name) + " is said twice");
      }
    }
    String id = fields.keySet().iterator().next();
    String hash = fields.remove(id);
    Map<String, String> tags = tags(fields);
    for (String name : fields.keySet()) {
      if (!KNOWN.contains(name)) {
        throw new IllegalArgumentException(shown(name) + " is nothing that a key has");
      }
    }
    return new KeyEntry(
        id,
        hash,
        fields.get("tenant"),
        fields.getOrDefault("name", ""),
        items(fields.get("routes")),
        items(fields.get("models")),
        items(fields.get("upstreams")),
        fields.get("limit"),
        time(fields.get("expires")),
        flag(fields.get("disabled")),
        tags);
  }

  /** The line of a key. */
  public static String write(KeyEntry key) {
    StringBuilder line = new StringBuilder(key.id()).append('=').append(key.hash());
    put(line, "tenant", key.tenant());
    put(line, "name", key.name());
    put(line, "routes", String.join(",", key.routes()));
    put(line, "models", String.join(",", key.models()));
    put(line, "upstreams", String.join(",", key.upstreams()));
    put(line, "limit", key.limit() == null ? "" : key.limit());
    put(line, "expires", key.expires() == null ? "" : key.expires().toString());
    put(line, "disabled", key.disabled() ? "true" : "");
    key.tags().forEach((tag, value) -> put(line, TAG + tag, value));
    return line.toString();
  }

  private static void put(StringBuilder line, String name, String value) {
    if (!value.isEmpty()) {
      line.append("; ").append(name).append('=').append(escaped(value));
    }
  }

  private static Map<String, String> tags(Map<String, String> fields) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String name : List.copyOf(fields.keySet())) {
      if (name.startsWith(TAG)) {
        tags.put(name.substring(TAG.length()), fields.remove(name));
      }
    }
    return tags;
  }

  private static List<String> items(String text) {
    List<String> items = new ArrayList<>();
    for (String item : text == null ? new String[0] : text.split(",", -1)) {
      if (!item.isBlank()) {
        items.add(item.strip());
      }
    }
    return items;
  }

  private static Instant time(String text) {
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("expires is a time as in 2027-01-31T00:00:00Z", e);
    }
  }

  private static boolean flag(String text) {
    if (text != null && !text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException("disabled is true or false");
    }
    return "true".equals(text);
  }

  private static void twice(
      List<KeyEntry> entries,
      Function<KeyEntry, String> what,
      String called,
      List<String> mistakes) {
    Set<String> seen = new LinkedHashSet<>();
    for (KeyEntry entry : entries) {
      if (!seen.add(what.apply(entry))) {
        mistakes.add(called + " " + entry.id() + " is there twice; keep one");
      }
    }
  }

  /** Blanks at either end would be lost, too. */
  private static String escaped(String value) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean end = i == 0 || i == value.length() - 1;
      if (c == '%' || c == ';' || (end && c == ' ')) {
        text.append('%').append(Integer.toHexString(0x100 + c).substring(1));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static String plain(String value) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) != '%') {
        text.append(value.charAt(i));
        continue;
      }
      if (i + 2 >= value.length() || !value.substring(i + 1, i + 3).matches("[0-9a-fA-F]{2}")) {
        throw new IllegalArgumentException("a % must be followed by two digits of hex");
      }
      text.append((char) Integer.parseInt(value.substring(i + 1, i + 3), 16));
      i += 2;
    }
    return text.toString();
  }

  /** A name may be anything, even a key that stands in the wrong place. */
  private static String shown(String name) {
    return KNOWN.contains(name) || name.matches("tag\\.[a-z0-9_-]{1,64}") ? name : "a field";
  }
}
