package dev.tailtap.limits;

import dev.tailtap.stats.Gauge;

/**
 * A place among those that are under way, of one client's network, in all and at one upstream, with
 * room for a record: of one call, from its admission to its end. Closed once, by whoever holds it;
 * closing it once more is a mistake, and does no harm. One thread at a time.
 */
public final class Permit implements AutoCloseable {
  private final NetworkCounts networks;
  private final ClientNetwork client;
  private final Gauge all;
  private final Gauge upstream;
  private final RecordRoom room;
  private final Runnable left;
  private boolean begun;
  private boolean closed;

  /**
   * Makes the permit of all that has been claimed.
   *
   * @param left run once all is given back
   */
  Permit(
      NetworkCounts networks,
      ClientNetwork client,
      Gauge all,
      Gauge upstream,
      RecordRoom room,
      Runnable left) {
    this.networks = networks;
    this.client = client;
    this.all = all;
    this.upstream = upstream;
    this.room = room;
    this.left = left;
  }

  /** The call begins: from now on the room for its record is the record's. */
  public void begin() {
    begun = true;
  }

  /** Gives all back that it holds, in reverse. */
  @Override
  public void close() {
    assert !closed : "a permit was closed twice";
    if (closed) {
      return;
    }
    closed = true;
    if (!begun) {
      room.release();
    }
    upstream.leave();
    all.leave();
    networks.leave(client);
    left.run();
  }
}
