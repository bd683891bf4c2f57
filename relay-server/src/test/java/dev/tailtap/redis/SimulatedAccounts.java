package dev.tailtap.redis;

import dev.tailtap.rig.HandTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the simulated server has charged each call, kept beside its buckets. */
public final class SimulatedAccounts {
  private final HandTime time;
  private final Map<String, Account> accounts = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final Map<String, Long> settled = new HashMap<>();
  private final Map<String, Double> together = new HashMap<>(); // microseconds, by relay and bucket

  SimulatedAccounts(HandTime time) {
    this.time = time;
  }

  /**
   * One charge.
   *
   * @param id of the call; null: of none
   * @param micros below zero: it is given back
   */
  public record Change(long nanos, String id, String key, double micros, boolean atEnd) {}

  /** Of one call, since the server lost its data last. */
  public static final class Account {
    private final Map<String, Double> reserved = new HashMap<>(); // microseconds, as is charged
    private final Map<String, Double> charged = new HashMap<>();
    private long admittedNanos = -1;
    private long settledNanos = -1;
    private long touchedNanos;

    /** At its admission; 0: it was not admitted since. */
    public double reserved(String key) {
      return reserved.getOrDefault(key, 0.0);
    }

    public boolean admitted() {
      return !reserved.isEmpty();
    }

    /** By now. */
    public double charged(String key) {
      return charged.getOrDefault(key, 0.0);
    }

    public long admittedNanos() {
      return admittedNanos;
    }

    /** When an end was told of last; -1: none was. */
    public long settledNanos() {
      return settledNanos;
    }

    /** When its lease began anew. */
    public long touchedNanos() {
      return touchedNanos;
    }
  }

  /** What a relay calls its call, with the relay's own number in the place of chance. */
  static String id(int door, String id) {
    return door + id.substring(id.indexOf('.'));
  }

  /** Of the call that a relay has asked for as its so maniest; null: it was never heard of. */
  public Account of(int door, long ask) {
    return accounts.get(door + "." + ask);
  }

  /** When an end of it was told of, whatever was lost since; -1: never. */
  public long settledNanos(int door, long ask) {
    return settled.getOrDefault(door + "." + ask, -1L);
  }

  /** All that buckets were charged, in its order. */
  public List<Change> changes() {
    return changes;
  }

  /** A bucket is to lose so much of what is in use, by a loss of data or of time. */
  public void forget(String key, double micros) {
    changes.add(new Change(time.nanos(), null, key, -micros, false));
  }

  private Account account(String id) {
    return accounts.computeIfAbsent(id, none -> new Account());
  }

  void admit(String id, String key, double micros) {
    Account account = account(id);
    account.reserved.put(key, micros);
    account.charged.merge(key, micros, Double::sum);
    changes.add(new Change(time.nanos(), id, key, micros, false));
    account.touchedNanos = time.nanos();
    account.admittedNanos = time.nanos();
  }

  void settle(String id, String key, double more) {
    Account account = account(id);
    account.charged.merge(key, more, Double::sum);
    changes.add(new Change(time.nanos(), id, key, more, true));
    account.settledNanos = time.nanos();
    settled.put(id, time.nanos());
  }

  void settleTogether(int door, String key, double more) {
    together.merge(door + " " + key, more, Double::sum);
  }

  /** What a relay told of calls that had ended while this was away, in microseconds of a bucket. */
  public double together(int door, String key) {
    return together.getOrDefault(door + " " + key, 0.0);
  }

  void renew(String id) {
    account(id).touchedNanos = time.nanos();
  }

  void lose() {
    accounts.clear();
  }
}
