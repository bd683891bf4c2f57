package dev.tailtap.micro;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the comparison with kept results says, read from files as JMH writes them. */
class ComparisonTest {
  private static final String TIME = "avgt";
  private static final String RATE = "thrpt";

  @TempDir Path dir;

  @Test
  void namesWhatGotSlowerForCertainByTimeOrByRate() throws IOException {
    assertEquals(
        List.of(
            "slower by 1.50: usage.TapBenchmark.tapped{event=chat} (avgt)"
                + " was 100.000 ± 2.000, is 150.000 ± 3.000 ns/op",
            "compared=1 slower=1 faster=0"),
        compare(result(TIME, "100", "2"), result(TIME, "150", "3")));
    assertEquals(
        "compared=1 slower=1 faster=0",
        compare(result(RATE, "150", "3"), result(RATE, "100", "2")).get(1));
    assertEquals(
        List.of("compared=1 slower=0 faster=1"),
        compare(result(RATE, "100", "2"), result(RATE, "150", "3")));
  }

  @Test
  void saysNothingWhereErrorBarsOverlapOrAreNotKnownOrNothingIsTheSame() throws IOException {
    List<String> nothing = List.of("compared=1 slower=0 faster=0");
    assertEquals(nothing, compare(result(TIME, "100", "30"), result(TIME, "150", "30")));
    assertEquals(nothing, compare(result(TIME, "100", "\"NaN\""), result(TIME, "150", "3")));
    assertEquals(
        List.of("compared=0 slower=0 faster=0"),
        compare(result(TIME, "100", "2"), result(RATE, "150", "3")));
  }

  private List<String> compare(String before, String after) throws IOException {
    return Comparison.of(scores(before), scores(after));
  }

  private Map<String, Score> scores(String json) throws IOException {
    return Score.read(Files.writeString(dir.resolve("results.json"), json));
  }

  private static String result(String mode, String score, String error) {
    return """
        [{"benchmark": "dev.tailtap.usage.TapBenchmark.tapped", "mode": "%s", "forks": 1,
          "jvmArgs": ["-Xmx1g"], "params": {"event": "chat"},
          "primaryMetric": {"score": %s, "scoreError": %s, "scoreConfidence": [1, 2],
            "scorePercentiles": {"0.0": 1}, "scoreUnit": "ns/op", "rawData": [[1, 2]]},
          "secondaryMetrics": {"gc.count": {"score": 0, "scoreUnit": "counts"}}}]
        """
        .formatted(mode, score, error);
  }
}
