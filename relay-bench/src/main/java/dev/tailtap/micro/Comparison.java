package dev.tailtap.micro;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What changed between two runs by more than their error bars: bars that overlap, or that are not
 * known, say nothing.
 */
final class Comparison {
  private Comparison() {}

  /** One line per benchmark that got slower, then one on the whole. */
  static List<String> of(Map<String, Score> before, Map<String, Score> after) {
    List<String> lines = new ArrayList<>();
    int compared = 0;
    int faster = 0;
    for (Map.Entry<String, Score> entry : after.entrySet()) {
      Score was = before.get(entry.getKey());
      Score is = entry.getValue();
      if (was == null || !was.unit().equals(is.unit())) {
        continue;
      }
      compared++;
      faster += worse(is, was) ? 1 : 0;
      if (worse(was, is)) {
        lines.add(line(entry.getKey(), was, is));
      }
    }
    int slower = lines.size();
    lines.add("compared=" + compared + " slower=" + slower + " faster=" + faster);
    return lines;
  }

  /** Whether the second is worse than the first for certain. */
  private static boolean worse(Score first, Score second) {
    return first.moreIsBetter()
        ? second.highest() < first.lowest()
        : second.lowest() > first.highest();
  }

  private static String line(String name, Score was, Score is) {
    double ratio = is.moreIsBetter() ? was.value() / is.value() : is.value() / was.value();
    return String.format(
        Locale.ROOT,
        "slower by %.2f: %s was %.3f ± %.3f, is %.3f ± %.3f %s",
        ratio,
        name,
        was.value(),
        was.error(),
        is.value(),
        is.error(),
        is.unit());
  }
}
