package dev.tailtap.route;

import java.util.ArrayDeque;

/**
 * The {@link Selection}s of the requests of one event loop. One is used again once its request
 * needs it no more, so that a choice makes no garbage. Event loop only.
 */
public final class Selections {
  /** Requests between their beginning and their answer are few; what a burst left is let go. */
  private static final int MOST_SPARE = 256;

  private final ArrayDeque<Selection> spare = new ArrayDeque<>();

  /**
   * Of a request that no target was chosen for yet; to be ended with {@link #over}.
   *
   * @param barred the targets that it may not be sent to, a bit for each
   * @param sticky a hash of what is to find the same target again; 0: of nothing
   * @param pinned whether it has state at one target, and may go to no other
   * @param tenant whose it is; null: nobody knows
   */
  public Selection of(Route route, long barred, long sticky, boolean pinned, String tenant) {
    Selection used = spare.pollLast();
    Selection selection = used == null ? new Selection() : used;
    selection.begin(route, barred, sticky, pinned, tenant);
    return selection;
  }

  /** Nothing is chosen any more; of the current target nothing was learned. */
  public void over(Selection selection) {
    selection.end();
    if (spare.size() < MOST_SPARE) {
      spare.addLast(selection);
    }
  }
}
