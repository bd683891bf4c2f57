package dev.tailtap.keys;

import dev.tailtap.config.Glob;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Names and patterns of what may be used; with none of them, everything may. Immutable. */
final class AllowList {
  private final Set<String> names;
  private final Glob[] globs;

  AllowList(List<String> allowed) {
    names =
        allowed.stream().filter(one -> !one.contains("*")).collect(Collectors.toUnmodifiableSet());
    globs = allowed.stream().filter(one -> one.contains("*")).map(Glob::new).toArray(Glob[]::new);
  }

  /** Whether there is anything that may not be used. */
  boolean restricts() {
    return !names.isEmpty() || globs.length > 0;
  }

  boolean allows(String name) {
    if (!restricts() || names.contains(name)) {
      return true;
    }
    for (Glob glob : globs) {
      if (glob.matches(name)) {
        return true;
      }
    }
    return false;
  }
}
