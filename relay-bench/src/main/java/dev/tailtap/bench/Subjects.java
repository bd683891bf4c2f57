package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tailtap.bench.Setup.Way;
import dev.tailtap.bench.Subject.Kind;
import dev.tailtap.bench.bare.BareRelay;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Starts what is measured, each with one loop or one worker; says which are missing, and why. */
final class Subjects implements AutoCloseable {
  static final String DIRECT = "direct";
  static final String BARE_C = "bare (C)";
  static final String BARE_NETTY = "bare (Netty)";
  static final String NGINX = "nginx";
  static final String HAPROXY = "HAProxy";
  static final String EPOLL = "Tailtap epoll";
  static final String IO_URING = "Tailtap io_uring";
  static final String UNTAPPED = "Tailtap untapped";
  static final String WATCHED = "Tailtap watched";
  static final String RELOADED = "Tailtap reloaded";

  private static final List<String> ORDER =
      List.of(
          DIRECT, BARE_C, BARE_NETTY, NGINX, HAPROXY, EPOLL, UNTAPPED, IO_URING, WATCHED, RELOADED);

  /** Measured only where they are asked for by their names. */
  private static final List<String> BY_NAME = List.of(WATCHED, RELOADED);

  private final Machine machine;
  private final Path dir;
  private final Path logs;
  private final Postgres postgres;
  private final LoadDriver.Ports provider;
  private final Certificate certificate; // null: nobody speaks TLS
  private final Map<String, String> skipped = new LinkedHashMap<>();
  private final List<Child> children = new ArrayList<>();
  private final List<Onlookers> onlookers = new ArrayList<>();
  private int databases;

  Subjects(
      Machine machine,
      Path dir,
      Path logs,
      Postgres postgres,
      LoadDriver.Ports provider,
      Certificate certificate) {
    this.machine = machine;
    this.dir = dir;
    this.logs = logs;
    this.postgres = postgres;
    this.provider = provider;
    this.certificate = certificate;
  }

  /** All that {@code --only} knows, for the help. */
  static String names() {
    return ORDER.stream().filter(name -> !name.equals(DIRECT)).collect(Collectors.joining(", "));
  }

  /** Whether it is measured where nothing is said of it: with the streams, or without. */
  static boolean isUsual(String name, boolean streams) {
    return !BY_NAME.contains(name)
        && (streams || !(name.equals(UNTAPPED) || name.equals(IO_URING)));
  }

  /** Where a subject stands in every table and picture; external ones behind the last. */
  static int place(String name) {
    return ORDER.contains(name) ? ORDER.indexOf(name) : ORDER.size();
  }

  int cores() {
    return machine.cores().size();
  }

  /** Which are missing: the name and why. */
  Map<String, String> skipped() {
    return skipped;
  }

  /** All that are present and wanted. */
  List<Subject> start(Predicate<String> wanted, List<Gateway> also) {
    List<Subject> started = new ArrayList<>();
    for (String name : ORDER) {
      if (name.equals(DIRECT) || wanted.test(name)) {
        Subject next = name.equals(UNTAPPED) ? untapped(started) : start(name, Setup.PLAIN);
        if (next != null) {
          started.add(next);
        }
      }
    }
    for (Gateway gateway : also) {
      started.add(external(gateway));
    }
    return started;
  }

  /**
   * Starts one.
   *
   * @return null: it is missing
   */
  Subject start(String name, Setup setup) {
    Subject started =
        switch (name) {
          case DIRECT -> direct(setup);
          case BARE_C -> bareC();
          case BARE_NETTY -> bareNetty(setup);
          case NGINX -> nginx(setup);
          case HAPROXY -> haproxy(setup);
          case EPOLL, WATCHED, RELOADED -> relay(name, setup);
          case IO_URING ->
              IoUring.isAvailable()
                  ? relay(name, setup)
                  : skip(name, "io_uring does not load here");
          default -> throw new BenchException("no subject is called " + name);
        };
    return started == null ? null : started.as(setup);
  }

  /** With TLS wherever any is spoken: it ends at the clients then. */
  private Subject direct(Setup setup) {
    int port = provider.of(setup.way() != Way.PLAIN);
    return new Subject(DIRECT, port, null, Kind.DIRECT, null);
  }

  private int providerPort(Setup setup) {
    return provider.of(setup.way().toProvider());
  }

  private Subject skip(String name, String why) {
    skipped.put(name, why);
    return null;
  }

  private Subject bareC() {
    String compiler = Machine.found("cc") ? "cc" : Machine.found("gcc") ? "gcc" : null;
    if (compiler == null) {
      return skip(BARE_C, "no C compiler");
    }
    Path program = dir.resolve("bare");
    if (!Files.isExecutable(program)) {
      Path source = write("bare.c", resource("/bare.c"));
      Child.start(
              "cc",
              logs,
              List.of(compiler, "-O2", "-o", program.toString(), source.toString()),
              Map.of())
          .awaitEnd();
    }
    if (!Files.isExecutable(program)) {
      return skip(BARE_C, "it does not compile here, see cc.log");
    }
    int port = Child.freePort();
    return listening(
        BARE_C,
        port,
        Setup.PLAIN,
        Kind.NATIVE,
        List.of(program.toString(), "" + port, "" + providerPort(Setup.PLAIN)));
  }

  private Subject bareNetty(Setup setup) {
    int port = Child.freePort();
    List<String> flags = new ArrayList<>(Jvm.relayFlags());
    flags.addAll(setup.flags());
    List<String> arguments = new ArrayList<>(List.of("" + port, "" + providerPort(setup)));
    if (setup.way() != Way.PLAIN) {
      arguments.add(certificate.chain().toString());
      arguments.add(certificate.key().toString());
      arguments.add(setup.way().toClient() ? "client" : "");
      arguments.add(setup.way().toProvider() ? "upstream" : "");
    }
    return listening(
        BARE_NETTY,
        port,
        setup,
        Kind.JVM,
        Jvm.command(flags, BareRelay.class.getName(), arguments));
  }

  private Subject nginx(Setup setup) {
    String program = Machine.pathOf("nginx");
    if (program == null) {
      return skip(NGINX, "nginx missing");
    }
    int port = Child.freePort();
    Path prefix = folder("nginx-" + port);
    Path config =
        write(
            "nginx-" + port + ".conf",
            NativeConfigs.nginx(
                prefix, port, providerPort(setup), Machine.openFiles(), setup.way(), certificate));
    Subject nginx =
        listening(
            NGINX,
            port,
            setup,
            Kind.NATIVE,
            List.of(
                program,
                "-p",
                prefix.toString(),
                "-e",
                prefix.resolve("error.log").toString(),
                "-c",
                config.toString()));
    // It listens before its worker is there, whose time is to be counted.
    nginx.child().await("start its worker", () -> nginx.pids().size() > 1);
    return nginx;
  }

  private Subject haproxy(Setup setup) {
    String program = Machine.pathOf("haproxy");
    if (program == null) {
      return skip(HAPROXY, "haproxy missing");
    }
    int port = Child.freePort();
    Path config =
        write(
            "haproxy-" + port + ".cfg",
            NativeConfigs.haproxy(
                port, providerPort(setup), Machine.openFiles(), setup.way(), certificate));
    return listening(
        HAPROXY, port, setup, Kind.NATIVE, List.of(program, "-db", "-f", config.toString()));
  }

  private Subject listening(String name, int port, Setup setup, Kind kind, List<String> command) {
    Child child = child(name, command, Map.of(), setup.cores());
    return new Subject(name, port, child.awaitPort(port), kind, null);
  }

  /** A relay that ended, on its journal and its database as it left them. */
  Subject again(Subject relay) {
    return relay(relay.name(), relay.database(), Setup.PLAIN);
  }

  /** Through the launcher, with a database and a journal of its own. */
  private Subject relay(String name, Setup setup) {
    String database = "bench" + ++databases;
    postgres.create(database);
    return relay(name, database, setup);
  }

  private Subject relay(String name, String database, Setup setup) {
    String transport = name.equals(IO_URING) ? "io_uring" : "epoll";
    int port = Child.freePort();
    int adminPort = Child.freePort();
    Onlookers looking = new Onlookers();
    onlookers.add(looking);
    Path config =
        write(
            database + ".properties",
            NativeConfigs.tailtap(
                    port, adminPort, transport, folder(database), postgres.url(database))
                + NativeConfigs.tailtapSetup(setup, providerPort(setup), certificate)
                + (name.equals(WATCHED) ? looking.settings(folder(database)) : ""));
    List<String> flags = new ArrayList<>(Jvm.relayFlags());
    flags.addAll(setup.flags());
    Child child =
        child(
            name,
            List.of(machine.home().resolve("relay").toString(), "serve", config.toString()),
            Map.of("RELAY_JAVA_OPTS", String.join(" ", flags)),
            setup.cores());
    child.await("get ready", () -> Admin.ready(adminPort));
    if (name.equals(WATCHED)) {
      looking.watch(adminPort);
    } else if (name.equals(RELOADED)) {
      looking.reload(adminPort, config);
    }
    return new Subject(name, port, child, Kind.RELAY, database);
  }

  /** Starts one, which the relay under test does not share its core with; null: it is missing. */
  Redis redis() {
    String program = Machine.pathOf("redis-server");
    if (program == null) {
      skip("redis", "redis-server missing");
      return null;
    }
    int port = Child.freePort();
    Child child = Child.start("redis", logs, Redis.command(program, port, dir), Map.of());
    children.add(child);
    child.awaitPort(port);
    return new Redis(port);
  }

  /** The process of the relay on epoll once more: what differs is the answers' type. */
  private Subject untapped(List<Subject> started) {
    for (Subject other : started) {
      if (other.name().equals(EPOLL)) {
        return new Subject(UNTAPPED, other.port(), other.child(), Kind.UNTAPPED, other.database());
      }
    }
    return skip(UNTAPPED, EPOLL + " is not among the subjects");
  }

  /**
   * Direct, and what somebody else started.
   *
   * @param target HOST:PORT
   * @param pid of its process; null: unknown
   */
  List<Subject> target(String target, boolean loose, String pid) {
    int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
    Kind kind = loose ? Kind.LOOSE : Kind.NATIVE;
    Child child = pid == null ? null : Child.running(target, pid);
    return List.of(start(DIRECT, Setup.PLAIN), new Subject(target, port, child, kind, null));
  }

  /** Its command finds the provider in PROVIDER_URL. */
  private Subject external(Gateway gateway) {
    int port = gateway.port();
    if (Child.listens(port)) {
      throw new BenchException(
          gateway.name() + " cannot start: somebody listens on port " + port + " already");
    }
    int providerPort = provider.plain();
    String url = "http://127.0.0.1:" + providerPort;
    Child child =
        child(
            gateway.name(),
            List.of("sh", "-c", "exec " + gateway.command()),
            Map.of("PROVIDER_URL", url, "PROVIDER_PORT", "" + providerPort, "PORT", "" + port),
            1);
    return new Subject(gateway.name(), port, child.awaitPort(port), Kind.EXTERNAL, null)
        .with(gateway.headers(url));
  }

  private Child child(
      String name, List<String> command, Map<String, String> environment, int cores) {
    Child child = Child.start(name, logs, machine.pinUnderTest(command, cores), environment);
    children.add(child);
    return child;
  }

  /** Ends whatever it started and still runs. */
  @Override
  public void close() {
    onlookers.forEach(Onlookers::close);
    children.forEach(Child::close);
  }

  private Path folder(String name) {
    try {
      return Files.createDirectories(dir.resolve(name));
    } catch (IOException e) {
      throw new BenchException("no folder " + name + ": " + e.getMessage(), e);
    }
  }

  private Path write(String name, String text) {
    try {
      return Files.writeString(dir.resolve(name), text);
    } catch (IOException e) {
      throw new BenchException("no file " + name + ": " + e.getMessage(), e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Subjects.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new BenchException(name + " is not in the jar", e);
    }
  }
}
