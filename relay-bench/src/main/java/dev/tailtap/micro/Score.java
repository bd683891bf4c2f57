package dev.tailtap.micro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * One result of JMH's: the mean, how far it may be off at 99.9 %, and the unit.
 *
 * @param error NaN where there were too few measurements to tell
 */
record Score(String mode, double value, double error, String unit) {
  private static final String METRIC = "primaryMetric";

  boolean moreIsBetter() {
    return mode.equals("thrpt");
  }

  double lowest() {
    return value - error;
  }

  double highest() {
    return value + error;
  }

  /** The results of a file that JMH wrote, by benchmark, parameters and mode. */
  static Map<String, Score> read(Path file) throws IOException {
    Map<String, Score> scores = new LinkedHashMap<>();
    String text = Files.readString(file);
    try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.START_OBJECT) {
        readOne(json, scores);
      }
    }
    return scores;
  }

  private static void readOne(JsonParser json, Map<String, Score> scores) {
    String benchmark = "";
    String mode = "";
    String params = "";
    Map<String, String> metric = Map.of();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "benchmark" -> benchmark = json.getValueAsString();
        case "mode" -> mode = json.getValueAsString();
        case "params" -> params = scalars(json).toString();
        case METRIC -> metric = scalars(json);
        default -> json.skipChildren();
      }
    }
    String name = benchmark.replace("dev.tailtap.", "") + params + " (" + mode + ")";
    double value = Double.parseDouble(metric.getOrDefault("score", "NaN"));
    double error = Double.parseDouble(metric.getOrDefault("scoreError", "NaN"));
    scores.put(name, new Score(mode, value, error, metric.getOrDefault("scoreUnit", "")));
  }

  /** The fields of an object that are neither objects nor arrays. */
  private static Map<String, String> scalars(JsonParser json) {
    Map<String, String> fields = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      if (json.nextToken().isStructStart()) {
        json.skipChildren();
      } else {
        fields.put(field, json.getValueAsString());
      }
    }
    return fields;
  }
}
