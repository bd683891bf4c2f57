package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.record.UsageReading;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A stream of our own making, in the shape of a provider, and the row that it is worth: a line of
 * {@code streams/expected.txt}.
 */
final class Fixture {
  private final String[] columns;
  private final byte[] body;

  private Fixture(String line) {
    columns = line.split(" +", -1);
    body = resource(columns[0]);
  }

  static List<Fixture> all() {
    return new String(resource("expected.txt"), UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(Fixture::new)
        .toList();
  }

  byte[] body() {
    return body;
  }

  Dialect dialect() {
    return Dialect.named(columns[1]);
  }

  BodyKind kind() {
    String file = columns[0];
    if (file.endsWith(".sse")) {
      return BodyKind.EVENT_STREAM;
    }
    return file.endsWith(".ndjson") ? BodyKind.LINES : BodyKind.JSON;
  }

  /** The columns after the dialect, as the reading gives them too. */
  String expected() {
    return String.join(" ", List.of(columns).subList(2, columns.length));
  }

  /** The same columns of a reading. */
  static String of(UsageReading reading, boolean error) {
    Object[] values = {
      reading.state().column(),
      reading.tokens().prompt(),
      reading.tokens().completion(),
      reading.tokens().total(),
      reading.tokens().cached(),
      reading.tokens().cacheWrite(),
      reading.tokens().reasoning(),
      reading.responseModel(),
      reading.finishReason(),
      reading.responseId(),
      error ? "error" : null
    };
    StringBuilder row = new StringBuilder();
    for (Object value : values) {
      row.append(row.length() == 0 ? "" : " ").append(value == null ? "-" : value);
    }
    return row.toString();
  }

  private static byte[] resource(String name) {
    try (InputStream stream = Fixture.class.getResourceAsStream("/streams/" + name)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  @Override
  public String toString() {
    return columns[0];
  }
}
