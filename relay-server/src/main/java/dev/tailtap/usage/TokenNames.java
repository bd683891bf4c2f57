package dev.tailtap.usage;

import java.util.HashMap;
import java.util.Map;

/**
 * The names in one object of counts that mean a {@link TokenKind}, and the objects in it that hold
 * some. Immutable once made; shared by all readers.
 */
final class TokenNames {
  /** The names in an object that holds nothing known. */
  static final TokenNames NONE = new TokenNames();

  private static final TokenNames OF_USAGE = ofUsage();

  private final Map<String, Meaning> meanings = new HashMap<>();
  private final Map<String, TokenNames> objects = new HashMap<>();

  /**
   * What a name means.
   *
   * @param rank from 0: of the names for one count the least decides
   */
  record Meaning(TokenKind count, int rank) {}

  private TokenNames() {}

  /** The names of a usage object. */
  static TokenNames inUsage() {
    return OF_USAGE;
  }

  /** Null: nothing that is wanted. */
  Meaning meaning(String name) {
    return meanings.get(name);
  }

  /** Whether there is any. */
  boolean isKnown() {
    return this != NONE;
  }

  /** The names in an object or a list of that name. */
  TokenNames inObject(String name) {
    return objects.getOrDefault(name, NONE);
  }

  private static TokenNames ofUsage() {
    TokenNames usage = new TokenNames();
    for (TokenKind count : TokenKind.values()) {
      for (int rank = 0; rank < count.names().size(); rank++) {
        usage.learn(count.names().get(rank), new Meaning(count, rank));
      }
    }
    return usage;
  }

  private void learn(String path, Meaning meaning) {
    TokenNames object = this;
    String[] steps = path.split("\\.", -1);
    for (int i = 0; i < steps.length - 1; i++) {
      object = object.objects.computeIfAbsent(steps[i], step -> new TokenNames());
    }
    if (object.meanings.put(steps[steps.length - 1], meaning) != null) {
      throw new IllegalStateException("two meanings: " + path);
    }
  }
}
