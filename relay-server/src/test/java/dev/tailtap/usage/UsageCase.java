package dev.tailtap.usage;

import dev.tailtap.record.UsageReading;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A body rebuilt from a public report of counts that went wrong, outside of the repository, with
 * the columns that it is worth.
 */
public final class UsageCase {
  private static final Pattern UNIT = Pattern.compile("\"([a-z_]+)\":([0-9]+)");

  private final Map<String, Object> sidecar;
  private final byte[] body;

  private UsageCase(Map<String, Object> sidecar, byte[] body) {
    this.sidecar = sidecar;
    this.body = body;
  }

  public static Path folder() {
    return Transcripts.folder().resolveSibling("cases").resolve("usage");
  }

  /** All of them by name; none where the folder is missing. */
  public static List<UsageCase> all() {
    if (!Files.isDirectory(folder())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(UsageCase::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static UsageCase read(Path file) {
    try {
      Map<String, Object> sidecar = Transcripts.sidecar(file);
      String body = (String) sidecar.get("file");
      return new UsageCase(sidecar, Files.readAllBytes(file.resolveSibling(body)));
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }

  public String name() {
    String file = (String) sidecar.get("file");
    return file.substring(0, file.indexOf('.'));
  }

  public boolean isWrong() {
    return ((String) sidecar.get("verdict")).startsWith("wrong");
  }

  /** Whether it is about sums over several answers, which one tap cannot know. */
  boolean isOfSeveral() {
    return part("expected").containsKey("sum_prompt");
  }

  public byte[] body() {
    return body;
  }

  BodyKind kind() {
    return BodyKind.of((String) sidecar.get("content_type"));
  }

  Dialect dialect() {
    return DialectPaths.dialect((String) part("request").get("path"));
  }

  public String method() {
    return (String) part("request").get("method");
  }

  public String path() {
    return (String) part("request").get("path");
  }

  /** How often it was asked for. */
  public int calls() {
    return ((Number) part("request").get("calls")).intValue();
  }

  /** Null: it comes without. */
  public String contentType() {
    return (String) sidecar.get("content_type");
  }

  /** The columns that the sidecar names, but for those that are not the tap's. */
  public Map<String, Object> expected() {
    Map<String, Object> expected = new TreeMap<>(part("expected"));
    expected.remove("streamed");
    expected.remove("usage_raw"); // said in words; see rawMustHold
    return expected;
  }

  @SuppressWarnings("unchecked")
  public List<String> rawMustHold() {
    return (List<String>) sidecar.get("usage_raw_must_hold");
  }

  /** What the reading says in the columns that are expected. */
  Map<String, Object> of(UsageReading reading) {
    Map<String, Object> all = new TreeMap<>();
    all.put("prompt_tokens", reading.tokens().prompt());
    all.put("completion_tokens", reading.tokens().completion());
    all.put("total_tokens", reading.tokens().total());
    all.put("cached_tokens", reading.tokens().cached());
    all.put("cache_write_tokens", reading.tokens().cacheWrite());
    all.put("reasoning_tokens", reading.tokens().reasoning());
    all.put("response_model", reading.responseModel());
    all.put("finish_reason", reading.finishReason());
    all.put("response_id", reading.responseId());
    all.put("cache_write_1h_tokens", reading.billed().cacheWrite1h());
    all.put("audio_prompt_tokens", reading.billed().audioPrompt());
    all.put("audio_completion_tokens", reading.billed().audioCompletion());
    all.put("image_prompt_tokens", reading.billed().imagePrompt());
    all.put("image_completion_tokens", reading.billed().imageCompletion());
    all.put("service_tier", reading.billed().serviceTier());
    all.put("geo", reading.billed().geo());
    all.put("speed", reading.billed().speed());
    Matcher unit = UNIT.matcher(reading.billed().units() == null ? "" : reading.billed().units());
    while (unit.find()) {
      all.put(unit.group(1), Long.valueOf(unit.group(2)));
    }
    Map<String, Object> wanted = new TreeMap<>();
    expected().keySet().forEach(column -> wanted.put(column, all.get(column)));
    return wanted;
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> part(String name) {
    return (Map<String, Object>) sidecar.get(name);
  }

  @Override
  public String toString() {
    return name();
  }
}
