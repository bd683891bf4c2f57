package dev.tailtap;

import dev.tailtap.config.AdminConfig;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.config.file.ActiveSetting;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.config.file.LoadedConfig;
import dev.tailtap.doctor.Doctor;
import dev.tailtap.handover.ServiceNotice;
import dev.tailtap.limits.Descriptors;
import dev.tailtap.log.ProcessLog;
import dev.tailtap.loop.Transport;
import dev.tailtap.prices.InvoiceCommand;
import dev.tailtap.prices.PricesCommand;
import dev.tailtap.reconcile.ReconcileRequest;
import dev.tailtap.reconcile.Reconciliation;
import dev.tailtap.stats.BuildInfo;
import dev.tailtap.usage.Dialect;
import io.netty.util.Version;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command line's commands and exit codes: 0 after an orderly stop, 1 if something did not start
 * or stop, the doctor could not reach it, no relay answered, or counts differ, 2 if the arguments
 * or the configuration are wrong, 3 if the JVM had no memory left.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);
  private static final int FAILED = 1;
  private static final int MISTAKEN = 2;
  private static final String NO_BENCH =
      "bench: is run by the launcher of the repository; the archive does not have it";

  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;

  Main(PrintStream out, PrintStream err, Map<String, String> environment) {
    this.out = out;
    this.err = err;
    this.environment = environment;
  }

  public static void main(String[] args) throws InterruptedException {
    ProcessLog.install(System.err);
    int exit = new Main(System.out, System.err, System.getenv()).run(args);
    if (exit != 0) {
      System.exit(exit);
    }
  }

  /** Does what the arguments say; a relay that runs returns only when it was stopped. */
  int run(String[] args) throws InterruptedException {
    List<String> path = List.of();
    try {
      Arguments line = Arguments.parse(args);
      path = line.command().path();
      return run(line);
    } catch (Arguments.Mistake e) {
      return mistaken(e.getMessage(), e.path());
    } catch (IllegalArgumentException e) {
      return mistaken(e.getMessage(), path);
    } catch (ConfigException e) {
      e.errors().forEach(error -> err.println("relay: " + error));
      String mistakes = count(e.errors().size(), "mistake");
      err.println("relay: " + mistakes + " in the configuration; nothing started");
      return MISTAKEN;
    } catch (IOException | IllegalStateException e) {
      err.println("relay: " + e.getMessage());
      return FAILED;
    }
  }

  private int mistaken(String message, List<String> path) {
    err.println("relay: " + message);
    err.println(("relay: see ./relay help " + String.join(" ", path)).strip());
    return MISTAKEN;
  }

  private int run(Arguments line) throws ConfigException, IOException, InterruptedException {
    return switch (line.command()) {
      case HELP -> help(line);
      case BENCH -> throw new Arguments.Mistake(NO_BENCH, line.command().path());
      case VERSION -> version();
      case CHECK -> check(line);
      case SERVE -> serve(line);
      case RELOAD -> reload(line);
      case DOCTOR -> doctor(line);
      case RECONCILE -> reconcile(line);
      case PRICES, INVOICE -> money(line);
      case KEY_ISSUE, KEY_LIST, KEY_REVOKE, KEY_ROTATE -> keys(line);
      case DEMO -> demo(line);
    };
  }

  private int help(Arguments line) {
    out.print(CommandModel.help(line.words()));
    return 0;
  }

  private int check(Arguments line) throws ConfigException {
    LoadedConfig loaded = file(line, "relay.properties").read();
    RelayConfig config = loaded.config();
    ConfigWarnings.of(config, Descriptors.now())
        .forEach(text -> err.println("relay: warning: " + text));
    if (line.options().containsKey(CommandModel.EXPLAIN)) {
      loaded.settings().forEach(setting -> out.println(explained(setting)));
    }
    out.println(
        "The configuration is good: "
            + count(config.routes().size(), "route")
            + " to "
            + count(config.upstreams().size(), "upstream")
            + ".");
    return 0;
  }

  private static String count(int count, String word) {
    return count + " " + word + (count == 1 ? "" : "s");
  }

  private static String explained(ActiveSetting setting) {
    String restart = setting.isAtStart() ? "; needs a restart" : "";
    return setting + "  [" + setting.source() + restart + "]  " + setting.meaning();
  }

  private int reload(Arguments line) throws ConfigException, IOException, InterruptedException {
    AdminConfig admin = file(line, "relay.properties").admin();
    return new ReloadCommand(admin, out).run() ? 0 : MISTAKEN;
  }

  private int version() {
    out.println(
        "Tailtap "
            + BuildInfo.read().version()
            + " (Java "
            + BuildInfo.read().java()
            + ", Netty "
            + Version.identify().get("netty-common").artifactVersion()
            + ", transport "
            + Transport.of(TransportChoice.AUTO).name().toLowerCase(Locale.ROOT)
            + ")");
    return 0;
  }

  /** Without a named configuration also of the demo, which may be what runs here. */
  private int doctor(Arguments line) throws ConfigException, InterruptedException {
    RelayConfig config = load(line, "relay.properties");
    Doctor doctor = Doctor.examine(config, Clock.systemUTC());
    if (line.config() == null) {
      doctor.examineDemo(load(line, "demo.properties").store(), Clock.systemUTC());
    }
    doctor.lines().forEach(out::println);
    return doctor.allReachable() ? 0 : FAILED;
  }

  /** All mistakes at once, those of the configuration among them. */
  private int reconcile(Arguments line) throws IOException, InterruptedException {
    List<String> mistakes = new ArrayList<>();
    ReconcileRequest request = ReconcileRequest.of(line.options(), environment, mistakes);
    RelayConfig config = null;
    try {
      config = load(line, "relay.properties");
    } catch (ConfigException e) {
      mistakes.addAll(e.errors());
    }
    Reconciliation result = config == null ? null : Reconciliation.of(request, config, mistakes);
    if (!mistakes.isEmpty()) {
      mistakes.forEach(mistake -> err.println("relay: " + mistake));
      err.println("relay: nothing was compared");
      return MISTAKEN;
    }
    result.lines().forEach(out::println);
    return result.within() ? 0 : FAILED;
  }

  /** A file of prices with mistakes, and a month that is not over, are the caller's. */
  private int money(Arguments line) throws ConfigException, IOException {
    Accounts accounts = new Accounts(load(line, "relay.properties"), out, err);
    boolean done =
        line.command() == Command.PRICES
            ? accounts.prices(PricesCommand.of(Path.of(line.words().get(0)), line.options()))
            : accounts.invoice(InvoiceCommand.of(line.words().get(0), line.options()));
    return done ? 0 : MISTAKEN;
  }

  private int keys(Arguments line) throws ConfigException, IOException {
    KeyCommands keys = new KeyCommands(line.words(), line.options(), Clock.systemUTC(), out, err);
    RelayConfig config = load(line, "relay.properties");
    return new Accounts(config, out, err).keys(home -> keys.run(line.command(), home))
        ? 0
        : MISTAKEN;
  }

  private int serve(Arguments line) throws ConfigException, IOException, InterruptedException {
    ConfigFile file = file(line, "relay.properties");
    LoadedConfig config = file.read();
    ProcessLog.use(config.config().log());
    Shutdown shutdown = shutdown(config);
    tellStart(file.path());
    Relay relay = new Succession(config.config(), environment).start(file, config, shutdown);
    shutdown.run(
        relay,
        () -> {
          out.println(
              "Tailtap relays on port " + relay.port() + ", admin on port " + relay.adminPort());
          out.println("Rows go to " + relay.databaseDescription());
          out.flush();
        });
    return 0;
  }

  private int demo(Arguments line) throws ConfigException, IOException, InterruptedException {
    Map<String, String> settings = new HashMap<>(Demo.freePorts(load(line, "demo.properties")));
    settings.putAll(line.overrides());
    Arguments moved = new Arguments(line.command(), line.config(), settings, Map.of(), List.of());
    ConfigFile file = file(moved, "demo.properties");
    LoadedConfig config = file.read();
    ProcessLog.use(config.config().log());
    Shutdown shutdown = shutdown(config);
    tellStart(file.path());
    Demo demo = Demo.start(file, config, out);
    shutdown.run(demo, () -> demo.show(out));
    return 0;
  }

  private Shutdown shutdown(LoadedConfig config) {
    Duration drainTimeout = config.config().server().drainTimeout();
    return new Shutdown(drainTimeout, new ServiceNotice(environment), err);
  }

  private static void tellStart(Path config) {
    BuildInfo build = BuildInfo.read();
    LOG.info(
        "event=start version={} java={} pid={} config={}",
        build.version(),
        build.java(),
        ProcessHandle.current().pid(),
        config);
    if (!PlatformDependent.useDirectBufferNoCleaner()) {
      LOG.warn(
          "event=slow_allocation_failures reason=\"buffers beyond the JVM's limit would hold up the"
              + " event loops: start java with the flags of conf/jvm.options\"");
    }
  }

  private RelayConfig load(Arguments line, String defaultFile) throws ConfigException {
    return file(line, defaultFile).read().config();
  }

  private ConfigFile file(Arguments line, String defaultFile) {
    Path home = Path.of(System.getProperty("tailtap.home", "."));
    Path path = line.config() != null ? line.config() : home.resolve("conf").resolve(defaultFile);
    return new ConfigFile(path, line.overrides(), environment, Dialect.configNames());
  }
}
