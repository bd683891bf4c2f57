package dev.tailtap.limits;

import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Gauge;

/**
 * A place among those that are under way, of one client's network, in all and at one upstream at a
 * time, with room for a record: of one call, from its admission to its end. Closed once, by whoever
 * holds it; closing it once more is a mistake, and does no harm. One thread at a time.
 */
public final class Permit implements AutoCloseable {
  private final NetworkCounts networks;
  private final ClientNetwork client;
  private final Gauge all;
  private final RecordRoom room;
  private final Runnable left;
  private Gauge upstream; // null: at none
  private Reservation reservation; // null: it is under no limit that is set by name
  private boolean begun;
  private boolean closed;

  /**
   * Makes the permit of all that has been claimed.
   *
   * @param left run once all is given back
   */
  Permit(NetworkCounts networks, ClientNetwork client, Gauge all, RecordRoom room, Runnable left) {
    this.networks = networks;
    this.client = client;
    this.all = all;
    this.room = room;
    this.left = left;
  }

  /**
   * Takes a place at an upstream, unless it has one there, and gives back the one at another.
   *
   * @return false: that one is full, and the place is where it was
   */
  public boolean enter(Gauge next) {
    if (next == upstream) {
      return true;
    }
    if (!next.enter()) {
      return false;
    }
    leaveUpstream();
    upstream = next;
    return true;
  }

  /** It is under limits, too, of which this is its part, to be given back with it. */
  public void under(Reservation granted) {
    reservation = granted;
  }

  /** Its part of the limits that are set by name; null: it is under none. */
  public Reservation reservation() {
    return reservation;
  }

  /**
   * A try is over.
   *
   * @param sent whether any byte of it has left
   */
  public void charge(UsageRecord of, boolean sent) {
    if (reservation != null) {
      reservation.charge(of, sent);
    }
  }

  /** A try begins: from now on the room for its record is the record's. */
  public void begin() {
    begun = true;
    if (reservation != null) {
      reservation.begin();
    }
  }

  /**
   * Claims room for the record of one more try.
   *
   * @return false: there is none
   */
  public boolean renew() {
    begun = !room.reserve();
    return !begun;
  }

  /** Gives back the place at an upstream, if it has one. */
  public void leaveUpstream() {
    if (upstream != null) {
      upstream.leave();
      upstream = null;
    }
  }

  /** Gives all back that it holds, in reverse. */
  @Override
  public void close() {
    assert !closed : "a permit was closed twice";
    if (closed) {
      return;
    }
    closed = true;
    if (reservation != null) {
      reservation.close();
      reservation = null;
    }
    if (!begun) {
      room.release();
    }
    leaveUpstream();
    all.leave();
    networks.leave(client);
    left.run();
  }
}
