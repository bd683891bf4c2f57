package dev.tailtap.usage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Recorded provider answers outside of the repository, each with a sidecar that says what is in it.
 */
public final class Transcripts {
  private Transcripts() {}

  /** The folder: the system property {@code tailtap.transcripts}, or beside the repository. */
  public static Path folder() {
    String root = System.getProperty("tailtap.root", "..");
    String there = System.getProperty("tailtap.transcripts", root + "/../shared/transcripts");
    return Path.of(there).toAbsolutePath().normalize();
  }

  public static boolean arePresent() {
    return Files.isDirectory(folder());
  }

  /** All of them by name. */
  public static List<Transcript> all() {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(Transcripts::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Transcript read(Path sidecar) {
    try {
      Map<String, Object> values = sidecar(sidecar);
      byte[] body = Files.readAllBytes(sidecar.resolveSibling((String) values.get("file")));
      return new Transcript(values, body);
    } catch (IOException e) {
      throw new UncheckedIOException(sidecar.toString(), e);
    }
  }

  /** What a sidecar says: objects, lists, texts, whole numbers and truths. */
  static Map<String, Object> sidecar(Path file) throws IOException {
    byte[] json = Files.readAllBytes(file);
    try (JsonParser parser = UntrustedJson.parser(json, 0, json.length)) {
      parser.nextToken();
      return object(parser);
    }
  }

  private static Map<String, Object> object(JsonParser parser) {
    Map<String, Object> values = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      values.put(name, value(parser, parser.nextToken()));
    }
    return values;
  }

  private static Object value(JsonParser parser, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> list(parser);
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_TRUE, VALUE_FALSE -> token == JsonToken.VALUE_TRUE;
      default -> {
        parser.skipChildren();
        yield null;
      }
    };
  }

  private static List<Object> list(JsonParser parser) {
    List<Object> values = new ArrayList<>();
    JsonToken token = parser.nextToken();
    while (token != JsonToken.END_ARRAY) {
      values.add(value(parser, token));
      token = parser.nextToken();
    }
    return values;
  }
}
