package dev.tailtap.route;

import dev.tailtap.config.Glob;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Which models a route is for, and how much it claims one. Immutable. */
final class ModelGlobs {
  /** It is not for that model. */
  static final int NONE = -1;

  /** It is for all of them, and for requests that name none. */
  static final int ANY = 0;

  /** It names the very model. */
  private static final int EXACT = Integer.MAX_VALUE;

  private final Set<String> exact;
  private final Glob[] mostLiteralFirst;

  /** Takes names and patterns; none: it is for any model. */
  ModelGlobs(List<String> models) {
    exact =
        models.stream()
            .filter(model -> !model.contains("*"))
            .collect(Collectors.toUnmodifiableSet());
    mostLiteralFirst =
        models.stream()
            .filter(model -> model.contains("*"))
            .map(Glob::new)
            .sorted(Comparator.comparingInt(Glob::literals).reversed())
            .toArray(Glob[]::new);
  }

  boolean isAny() {
    return exact.isEmpty() && mostLiteralFirst.length == 0;
  }

  /**
   * How much a model is claimed: the higher of two wins, {@link #NONE} is no claim.
   *
   * @param model null: the request names none
   */
  int claim(String model) {
    if (isAny()) {
      return ANY;
    }
    if (model == null) {
      return NONE;
    }
    if (exact.contains(model)) {
      return EXACT;
    }
    for (Glob glob : mostLiteralFirst) {
      if (glob.matches(model)) {
        return ANY + 1 + glob.literals();
      }
    }
    return NONE;
  }
}
