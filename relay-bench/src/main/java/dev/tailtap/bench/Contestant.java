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
 */
record Contestant(String name, int port, Child child, Kind kind, String database)
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
    /** Any other gateway, which may write frames of its own. */
    GATEWAY
  }

  List<Long> pids() {
    return child == null ? List.of() : child.pids();
  }

  boolean isDirect() {
    return kind == Kind.DIRECT;
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

  /** This load, aimed at it. */
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
        kind != Kind.GATEWAY,
        plan.tls() && !isDirect(),
        pids());
  }

  @Override
  public void close() {
    if (child != null && kind != Kind.UNTAPPED) {
      child.close();
    }
  }
}
