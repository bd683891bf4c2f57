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
import java.util.regex.Pattern;

/**
 * The keys and values of a file, in its order and as written, with their lines. {@link Properties}
 * reads the syntax, one entry at a time; what it would hide, a key that stands there twice, becomes
 * an error.
 */
final class PropertiesSource {
  private static final Pattern LINE_END = Pattern.compile("\r\n|\r|\n");
  private static final Pattern BLANK_OR_COMMENT =
      Pattern.compile("[ \t\f]*([#!].*)?", Pattern.DOTALL);

  private final String name;
  private final List<String> errors;
  private final Map<String, Written> entries = new LinkedHashMap<>();

  private PropertiesSource(Path file, List<String> errors) {
    name = String.valueOf(file.getFileName());
    this.errors = errors;
  }

  static Map<String, Written> read(Path file, List<String> errors) {
    PropertiesSource source = new PropertiesSource(file, errors);
    try {
      String text = Files.readString(file);
      // A byte order mark would become part of the first key.
      source.load(text.startsWith("\uFEFF") ? text.substring(1) : text);
    } catch (NoSuchFileException missing) {
      errors.add(file + ": no such file");
    } catch (CharacterCodingException binary) {
      errors.add(file + ": must be UTF-8");
    } catch (IOException unreadable) {
      errors.add(file + ": cannot be read");
    } catch (IllegalArgumentException malformed) {
      errors.add(file + ": a \\u must be followed by four hexadecimal digits");
    }
    return source.entries;
  }

  /** By the entries' lines, which a backslash at the end of one joins with the next. */
  private void load(String text) throws IOException {
    String[] lines = LINE_END.split(text, -1);
    for (int i = 0; i < lines.length; i++) {
      if (!BLANK_OR_COMMENT.matcher(lines[i]).matches()) {
        int first = i;
        StringBuilder entry = new StringBuilder(lines[i]);
        while (goesOn(lines[i]) && i + 1 < lines.length) {
          entry.append('\n').append(lines[++i]);
        }
        put(entry.toString(), name + ":" + (first + 1));
      }
    }
  }

  /** After an odd number of backslashes. */
  private static boolean goesOn(String line) {
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == '\\') {
      end--;
    }
    return (line.length() - end) % 2 == 1;
  }

  private void put(String entry, String source) throws IOException {
    Properties one = new Properties();
    one.load(new StringReader(entry));
    one.forEach(
        (key, value) -> {
          Written written = new Written(((String) value).strip(), source);
          if (entries.put((String) key, written) != null) {
            errors.add(key + ": is set twice; keep one");
          }
        });
  }
}
