package dev.tailtap.prices;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.usage.Expected;
import dev.tailtap.usage.Transcript;
import dev.tailtap.usage.Transcripts;
import dev.tailtap.usage.UsageCase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A call whose answer is recorded, or rebuilt from a public report, by a line of
 * recorded-calls.txt.
 *
 * @param line where it stands
 * @param body the name of what is sent
 * @param asked the model of the request; null: it names none
 * @param times how often it is asked for
 * @param fields of the answer's head
 * @param said what its sidecar and its line say: counts ({@link #TOKENS}), units by their names,
 *     {@code tier}, {@code geo}, {@code speed}, {@code stated} and {@code model}
 */
public record RecordedCall(
    String line,
    String upstream,
    String body,
    String method,
    String target,
    String asked,
    int times,
    int status,
    Map<String, String> fields,
    byte[] answer,
    Map<String, String> said) {
  /** The names of what is counted in tokens. */
  public static final Set<String> TOKENS =
      Set.of(
          "prompt",
          "completion",
          "total",
          "cached",
          "reasoning",
          "write",
          "write_1h",
          "audio_in",
          "audio_out",
          "image_in",
          "image_out");

  private static final String CHANGE = " :: ";
  private static final Set<String> TEXTS = Set.of("model", "tier", "geo", "speed", "stated");

  /** Names in the sidecars of cases; what is missing here has no part in a cost. */
  private static final Map<String, String> OF_CASES =
      Map.of(
          "prompt_tokens", "prompt",
          "completion_tokens", "completion",
          "total_tokens", "total",
          "cached_tokens", "cached",
          "cache_write_tokens", "write",
          "reasoning_tokens", "reasoning",
          "response_model", "model",
          "service_tier", "tier",
          "web_searches", "web_searches");

  /** A file beside this class. */
  public static String resource(String name) {
    try (InputStream in = RecordedCall.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The bodies that are named in recorded-calls.txt and are not there. */
  public static Set<String> missing() {
    Set<String> names =
        resource("recorded-calls.txt")
            .lines()
            .filter(line -> !line.isBlank() && !line.matches("[#\\[].*"))
            .map(line -> line.split(" ", 2)[0])
            .filter(name -> !name.endsWith(".json"))
            .collect(Collectors.toSet());
    if (Transcripts.arePresent()) {
      Transcripts.all().forEach(transcript -> names.remove(transcript.name()));
    }
    UsageCase.all().forEach(one -> names.remove(one.name()));
    return names;
  }

  /** All of them, in order. */
  public static List<RecordedCall> all() {
    Map<String, Transcript> transcripts =
        Transcripts.all().stream().collect(Collectors.toMap(Transcript::name, Function.identity()));
    Map<String, UsageCase> cases =
        UsageCase.all().stream().collect(Collectors.toMap(UsageCase::name, Function.identity()));
    List<RecordedCall> calls = new ArrayList<>();
    String upstream = null;
    for (String line : resource("recorded-calls.txt").lines().toList()) {
      if (line.startsWith("[")) {
        upstream = line.substring(1, line.length() - 1);
      } else if (!line.isBlank() && !line.startsWith("#")) {
        String[] parts = line.split(CHANGE, -1);
        String[] words = parts[0].split(" ", -1);
        Map<String, String> said = new LinkedHashMap<>();
        for (int i = 1; i < words.length; i++) {
          String[] pair = words[i].split("=", 2);
          said.put(pair[0], pair[1]);
        }
        Transcript transcript = transcripts.get(words[0]);
        RecordedCall call =
            words[0].endsWith(".json")
                ? beside(line, upstream, words[0], said)
                : transcript != null
                    ? of(line, upstream, transcript, said)
                    : of(line, upstream, cases.get(words[0]), said);
        calls.add(call.changed(parts));
      }
    }
    return calls;
  }

  /** Whether its body is not quite what was recorded. */
  public boolean isChanged() {
    return line.contains(CHANGE);
  }

  /** What counts, by its name, of what was said. */
  static Map<String, BigDecimal> used(Map<String, String> said) {
    Map<String, BigDecimal> used = new LinkedHashMap<>();
    said.forEach(
        (name, text) -> {
          if (!TEXTS.contains(name)) {
            used.put(name, new BigDecimal(text));
          }
        });
    return used;
  }

  private static RecordedCall beside(
      String line, String upstream, String name, Map<String, String> said) {
    String target = said.remove("at");
    return new RecordedCall(
        line,
        upstream,
        name,
        "POST",
        target,
        null,
        1,
        200,
        Map.of("content-type", "application/json"),
        resource(name).getBytes(UTF_8),
        said);
  }

  private static RecordedCall of(
      String line, String upstream, Transcript transcript, Map<String, String> more) {
    Expected columns = Expected.of(transcript);
    Map<String, String> said = new LinkedHashMap<>();
    put(said, "prompt", columns.prompt());
    put(said, "completion", columns.completion());
    put(said, "total", columns.total());
    put(said, "cached", columns.cached());
    put(said, "reasoning", columns.reasoning());
    String asked = more.remove("asked");
    put(said, "model", columns.model() == null ? asked : columns.model());
    said.putAll(more);
    Map<String, String> fields = new LinkedHashMap<>(transcript.answerHeaders());
    fields.put("content-type", transcript.contentType());
    return new RecordedCall(
        line,
        upstream,
        transcript.name(),
        "POST",
        transcript.target(),
        asked,
        1,
        transcript.status(),
        fields,
        transcript.body(),
        said);
  }

  private static RecordedCall of(
      String line, String upstream, UsageCase one, Map<String, String> more) {
    Map<String, String> said = new LinkedHashMap<>();
    String asked = more.remove("asked");
    put(said, "model", asked);
    one.expected()
        .forEach(
            (column, value) -> {
              if (OF_CASES.containsKey(column)) {
                put(said, OF_CASES.get(column), value);
              }
            });
    said.putAll(more);
    return new RecordedCall(
        line,
        upstream,
        one.name(),
        one.method(),
        one.path(),
        asked,
        one.calls(),
        200,
        one.contentType() == null ? Map.of() : Map.of("content-type", one.contentType()),
        one.body(),
        said);
  }

  private static void put(Map<String, String> said, String name, Object value) {
    if (value != null) {
      said.put(name, value.toString());
    }
  }

  /** With other words in its body, as its line has them from the second part on. */
  private RecordedCall changed(String[] parts) {
    String text = new String(answer, ISO_8859_1);
    for (int i = 1; i < parts.length; i++) {
      String[] change = parts[i].split(" => ", 2);
      if (!text.contains(change[0])) {
        throw new IllegalStateException(change[0] + " is not in " + body);
      }
      text = text.replace(change[0], change[1]);
    }
    return new RecordedCall(
        line,
        upstream,
        body,
        method,
        target,
        asked,
        times,
        status,
        fields,
        text.getBytes(ISO_8859_1),
        said);
  }
}
