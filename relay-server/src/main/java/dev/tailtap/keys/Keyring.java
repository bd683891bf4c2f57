package dev.tailtap.keys;

import dev.tailtap.config.KeysConfig.Required;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;

/**
 * The keys that hold now, for all event loops: a snapshot that another takes the place of as a
 * whole. Any thread; nobody waits.
 */
public final class Keyring {
  private record Held(KeyTable table, Instant asOf) {}

  private volatile Held held; // null: nothing is known of any key
  private final InstantSource clock;

  /** Knows of no key yet, nor whether there are any. */
  public Keyring(InstantSource clock) {
    this.clock = clock;
  }

  /** One that knows that there are none. */
  public static Keyring empty() {
    Keyring none = new Keyring(InstantSource.system());
    none.hold(List.of(), Instant.EPOCH);
    return none;
  }

  /**
   * Takes the place of all that was held.
   *
   * @param entries of which none has the id or the hash of another
   * @param asOf when that was so
   */
  void hold(Collection<KeyEntry> entries, Instant asOf) {
    held = new Held(new KeyTable(entries), asOf);
  }

  /** What is held is what is true at a later time, too. */
  void confirm(Instant asOf) {
    held = new Held(held.table(), asOf);
  }

  /** Whether it is known which keys there are. */
  public boolean isLoaded() {
    return held != null;
  }

  /** How many keys there are, those that are expired or revoked included. */
  public int size() {
    Held now = held;
    return now == null ? 0 : now.table().size();
  }

  /** How old what is held is, in seconds; NaN: nothing is. */
  public double ageSeconds() {
    Held now = held;
    return now == null ? Double.NaN : Math.max(0, clock.millis() - now.asOf().toEpochMilli()) / 1e3;
  }

  /** Whether a request has to show a key. */
  public boolean demands(Required required) {
    return switch (required) {
      case TRUE -> true;
      case FALSE -> false;
      case AUTO -> size() > 0;
    };
  }

  InstantSource clock() {
    return clock;
  }

  /** Null: it is not known which keys there are. */
  KeyTable table() {
    Held now = held;
    return now == null ? null : now.table();
  }
}
