package dev.tailtap.usage;

import java.util.HashMap;
import java.util.Map;

/**
 * The names in one object of counts that mean a {@link Count}, and the objects in it that hold
 * some. Immutable once made; shared by all readers.
 */
final class CountNames {
  /** Of an object that holds nothing known. */
  private static final CountNames UNKNOWN = new CountNames();

  private static final CountNames OF_USAGE = ofUsage();

  private final Map<String, Meaning> meanings = new HashMap<>();
  private final Map<String, CountNames> objects = new HashMap<>();

  /**
   * What a name means.
   *
   * @param rank from 0: of the names for one count the least decides
   */
  record Meaning(Count count, int rank) {}

  private CountNames() {}

  /** The names of a usage object. */
  static CountNames inUsage() {
    return OF_USAGE;
  }

  /** Null: nothing that is wanted. */
  Meaning meaning(String name) {
    return meanings.get(name);
  }

  CountNames inObject(String name) {
    return objects.getOrDefault(name, UNKNOWN);
  }

  private static CountNames ofUsage() {
    CountNames usage = new CountNames();
    for (Count count : Count.values()) {
      for (int rank = 0; rank < count.names().size(); rank++) {
        usage.learn(count.names().get(rank), new Meaning(count, rank));
      }
    }
    return usage;
  }

  private void learn(String path, Meaning meaning) {
    CountNames object = this;
    String[] steps = path.split("\\.", -1);
    for (int i = 0; i < steps.length - 1; i++) {
      object = object.objects.computeIfAbsent(steps[i], step -> new CountNames());
    }
    if (object.meanings.put(steps[steps.length - 1], meaning) != null) {
      throw new IllegalStateException("two meanings: " + path);
    }
  }
}
