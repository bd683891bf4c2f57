package dev.tailtap.stats;

import java.util.Set;
import java.util.TreeSet;

/** The names of the catalogue as they are exposed, also of counters that have counted nothing. */
public final class ExposedNames {
  private ExposedNames() {}

  public static Set<String> all() {
    Set<String> names = new TreeSet<>();
    for (Metric metric : Metric.values()) {
      names.add(metric.exposedName() + (metric.kind() == Metric.Kind.COUNTER ? "_total" : ""));
    }
    return names;
  }
}
