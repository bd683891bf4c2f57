package dev.tailtap.bench;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The loads that a run can have, each with its section of the report. */
enum Load {
  /** Many streams at a steady pace, and what belongs to that: memory, fairness, store. */
  STREAMS,
  /** Streams with TLS to the provider, to the client, and both. */
  TLS,
  /** Small answers of JSON one after the other, and short streams without a pause. */
  SHORT,
  /** Few streams, of a process long warm and just started. */
  LIGHT,
  /** Uploads, downloads, and packed answers. */
  BODIES,
  /** Tailtap with one loop and with two. */
  LOOPS,
  /** What other gateways cost, and what they recorded of the same streams. */
  PEERS,
  /** Many relays' writers before one PostgreSQL, with one group of the sums and with many. */
  SUMS,
  /** Tailtap without limits, with limits of its own, and with limits in a Redis. */
  LIMITS;

  static Set<Load> of(String typed) {
    Set<Load> loads = EnumSet.noneOf(Load.class);
    for (String name : typed.split(" *, *", -1)) {
      loads.add(
          Stream.of(values())
              .filter(load -> load.toString().equals(name))
              .findFirst()
              .orElseThrow(
                  () -> new BenchException("--load " + typed + ": must be of " + names())));
    }
    return loads;
  }

  static String names() {
    return Stream.of(values()).map(Load::toString).collect(Collectors.joining(","));
  }

  /** Whether it has streams through a relay that is started for it. */
  boolean needsRelay() {
    return this != SUMS;
  }

  /** Whether these streams are those of all subjects, as they are started for whichever load. */
  boolean needsSubjects() {
    return needsRelay() && !needsTls() && this != LIMITS;
  }

  boolean needsTls() {
    return this == TLS || this == LOOPS;
  }

  /** As it is typed. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
