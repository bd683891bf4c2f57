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
 * @param setup how it was started
 * @param tls its clients speak TLS
 */
record Subject(
    String name,
    int port,
    Child child,
    Kind kind,
    String database,
    List<String> headers,
    Setup setup,
    boolean tls)
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
    this(name, port, child, kind, database, List.of(), Setup.PLAIN, false);
  }

  /** The same, started in this way. */
  Subject as(Setup newSetup) {
    boolean ends = isDirect() && newSetup.way() != Setup.Way.PLAIN;
    boolean speaks = ends || newSetup.way().toClient();
    return new Subject(name, port, child, kind, database, headers, newSetup, speaks);
  }

  /** The same under another name. */
  Subject named(String newName) {
    return new Subject(newName, port, child, kind, database, headers, setup, tls);
  }

  /** The same, whose requests have these lines beside the usual. */
  Subject with(List<String> newHeaders) {
    return new Subject(name, port, child, kind, database, newHeaders, setup, tls);
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
    return plan.at(
        new LoadPlan.Aim(
            isDirect() ? "127.0.0.1" : plan.host(),
            port,
            model,
            tapped(),
            exact(),
            tls || (plan.tls() && !isDirect()),
            headers,
            pids()));
  }

  @Override
  public void close() {
    if (child != null && kind != Kind.UNTAPPED) {
      child.close();
    }
  }
}
