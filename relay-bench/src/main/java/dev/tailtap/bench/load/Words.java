package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A line of {@code name=value} words, with which the driver and its caller talk. Immutable. */
final class Words {
  private final Map<String, String> values = new HashMap<>();

  private Words() {}

  static Words of(String line) {
    Words words = new Words();
    for (String word : line.strip().split(" +", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        words.values.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return words;
  }

  static String line(Map<String, Object> words) {
    return words.entrySet().stream()
        .map(word -> word.getKey() + "=" + word.getValue())
        .collect(Collectors.joining(" "));
  }

  /** Lines as one word. */
  static String packed(List<String> lines) {
    byte[] bytes = String.join("\n", lines).getBytes(US_ASCII);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static List<String> unpacked(String word) {
    return new String(Base64.getUrlDecoder().decode(word), US_ASCII).lines().toList();
  }

  String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the word " + name + " is missing");
    }
    return value;
  }

  int count(String name) {
    return Integer.parseInt(text(name));
  }

  long number(String name) {
    return Long.parseLong(text(name));
  }

  boolean flag(String name) {
    return Boolean.parseBoolean(text(name));
  }
}
