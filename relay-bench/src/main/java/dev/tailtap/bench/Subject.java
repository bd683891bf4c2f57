package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import java.util.List;

/**
 * One way from the clients to the provider.
 *
 * @param name as in the tables
 * @param port where its clients connect
 * @param child null: there is nothing between
 * @param kind what it can be asked
 * @param database where its rows go; null: it writes none
 * @param headers what its requests have beside the usual
 */
record Subject(String name, int port, Child child, Kind kind, String database, List<String> headers)
    implements AutoCloseable {
  /** What is different between them. */
  enum Kind {
    DIRECT,
    /** A native program. */
    NATIVE,
    /** Runs on a JVM, whose garbage can be collected. */
    JVM,
    /** Tailtap. */
    RELAY,
    /** Tailtap with answers of a type that it does not read along. */
    UNTAPPED,
    /** A target that may write frames of its own. */
    LOOSE,
    /** Another gateway: it may write frames of its own, and its mistakes are its own. */
    EXTERNAL
  }

  Subject {
    headers = List.copyOf(headers);
  }

  Subject(String name, int port, Child child, Kind kind, String database) {
    this(name, port, child, kind, database, List.of());
  }

  List<Long> pids() {
    return child == null ? List.of() : child.pids();
  }

  boolean isDirect() {
    return kind == Kind.DIRECT;
  }

  boolean isExternal() {
    return kind == Kind.EXTERNAL;
  }

  /** Whether it has to hand on every byte as it came. */
  boolean exact() {
    return kind != Kind.EXTERNAL && kind != Kind.LOOSE;
  }

  boolean tapped() {
    return kind != Kind.UNTAPPED;
  }

  boolean writesRows() {
    return database != null;
  }

  boolean onJvm() {
    return kind == Kind.JVM || kind == Kind.RELAY || kind == Kind.UNTAPPED;
  }

  /** A load, aimed at this subject. */
  LoadPlan aim(LoadPlan plan, String model) {
    return new LoadPlan(
        isDirect() ? "127.0.0.1" : plan.host(),
        port,
        model,
        plan.streams(),
        plan.events(),
        plan.intervalUs(),
        plan.eventBytes(),
        plan.rampMs(),
        plan.settleMs(),
        plan.windowMs(),
        plan.abortPercent(),
        plan.slowPercent(),
        tapped(),
        plan.firehose(),
        exact(),
        plan.tls() && !isDirect(),
        headers,
        pids());
  }

  @Override
  public void close() {
    if (child != null && kind != Kind.UNTAPPED) {
      child.close();
    }
  }
}
