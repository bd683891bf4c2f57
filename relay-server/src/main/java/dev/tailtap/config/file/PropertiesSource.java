package dev.tailtap.config.file;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * The keys and values of a file, in its order and as written. {@link Properties} reads the syntax;
 * what it would hide, a key that stands there twice, becomes an error.
 */
final class PropertiesSource {
  private PropertiesSource() {}

  static Map<String, String> read(Path file, List<String> errors) {
    Collector collector = new Collector(errors);
    try {
      String text = Files.readString(file);
      // A byte order mark would become part of the first key.
      collector.load(new StringReader(text.startsWith("\uFEFF") ? text.substring(1) : text));
    } catch (NoSuchFileException missing) {
      errors.add(file + ": no such file");
    } catch (CharacterCodingException binary) {
      errors.add(file + ": must be UTF-8");
    } catch (IOException unreadable) {
      errors.add(file + ": cannot be read");
    } catch (IllegalArgumentException malformed) {
      errors.add(file + ": a \\u must be followed by four hexadecimal digits");
    }
    return collector.entries;
  }

  /** Sees each entry as {@link Properties#load} stores it, which is one {@code put} a line. */
  private static final class Collector extends Properties {
    private final transient Map<String, String> entries = new LinkedHashMap<>();
    private final transient List<String> errors;

    Collector(List<String> errors) {
      this.errors = errors;
    }

    @Override
    public synchronized Object put(Object key, Object value) {
      if (entries.put((String) key, ((String) value).strip()) != null) {
        errors.add(key + ": is set twice; keep one");
      }
      return null;
    }
  }
}
