package dev.tailtap.record;

import java.util.Objects;
import java.util.UUID;

/**
 * Which try of a call this is, and at which target. A call that one upstream served at once is its
 * own first try; where a route has several, each try of which a byte left is a row.
 *
 * @param number 1 for the first
 * @param call the id of the call's first try; for the first one its own
 * @param upstreamKey the label of the upstream's key, never its value; null: the client's own
 * @param sentModel what the upstream was asked for; null: what the client said
 */
public record Try(int number, UUID call, String upstreamKey, String sentModel) {
  public Try {
    if (number < 1 || number > Short.MAX_VALUE) {
      throw new IllegalArgumentException("a try of number " + number);
    }
    Objects.requireNonNull(call);
  }

  /** The first and, so far, only one, as the client sent it. */
  public static Try of(UUID id) {
    return new Try(1, id, null, null);
  }
}
