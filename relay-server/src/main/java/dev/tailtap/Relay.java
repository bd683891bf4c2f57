package dev.tailtap;

import dev.tailtap.admin.AdminServer;
import dev.tailtap.admin.AdminSources;
import dev.tailtap.admin.Concurrency;
import dev.tailtap.admin.Explanation;
import dev.tailtap.admin.Readiness;
import dev.tailtap.client.Listener;
import dev.tailtap.client.RelayServer;
import dev.tailtap.config.KeysConfig.Required;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.ServerConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.config.file.LoadedConfig;
import dev.tailtap.doctor.Diagnosis;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.exchange.Generation;
import dev.tailtap.exchange.Ledger;
import dev.tailtap.exchange.TroubleLog;
import dev.tailtap.handover.HandoverServer;
import dev.tailtap.handover.ListeningSockets;
import dev.tailtap.handover.Takeover;
import dev.tailtap.handover.Terms;
import dev.tailtap.keys.Keyring;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.Descriptors;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.ReadSize;
import dev.tailtap.loop.StallProbe;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Gauge;
import dev.tailtap.stats.Stats;
import dev.tailtap.store.CallGroup;
import dev.tailtap.store.UsageStore;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.UpstreamPools;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All wiring of one relay: it builds bottom-up and closes top-down. Two relays in one process share
 * nothing.
 */
public final class Relay implements Running {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

  /** How long queued records may take to reach the database when the relay stops. */
  private static final Duration STORE_DRAIN = Duration.ofSeconds(15);

  /** What a stop takes at most after its drain time, and how much of it is kept for closing. */
  private static final Duration STOP_TIME = Duration.ofSeconds(8);

  private static final Duration CLOSE_TIME = Duration.ofSeconds(5);

  private final ArrayDeque<AutoCloseable> opened = new ArrayDeque<>(); // the last one first
  private int loopCount;
  private UsageStore store;
  private MemoryAccount memory;
  private Keyring keys;
  private Telemetry telemetry;
  private Admission admission;
  private Quotas quotas;
  private RelayServer server;
  private AdminServer admin;
  private Listener listener;
  private Reload settings;
  private Drain drain;
  private volatile HandoverServer handover; // null unless it hands over

  /**
   * Starts everything that the configuration names.
   *
   * @param file what it was read from, and is read from again
   * @throws IOException or IllegalStateException with a message that says what to do; nothing runs
   */
  public static Relay start(ConfigFile file, LoadedConfig config) throws IOException {
    return start(file, config, Takeover.of(ListeningSockets.NONE));
  }

  /**
   * The same in the place of another relay.
   *
   * @throws IOException or IllegalStateException also if that one serves on
   */
  static Relay start(ConfigFile file, LoadedConfig config, Takeover takeover) throws IOException {
    Relay relay = new Relay();
    try {
      relay.build(file, config, takeover);
      return relay;
    } catch (IOException | RuntimeException e) {
      relay.closeAll();
      throw e;
    }
  }

  /** Where clients connect. */
  public int port() {
    return listener.port();
  }

  public int adminPort() {
    return admin.port();
  }

  /** Where the rows go, without any password. */
  public String databaseDescription() {
    return store.databaseDescription();
  }

  @Override
  public Duration drainTime() {
    return settingsOfServer().drainDelay().plus(settingsOfServer().drainTimeout());
  }

  private ServerConfig settingsOfServer() {
    return server.generation().config().server();
  }

  /** Whether anybody has called, or calls just now. Any thread. */
  boolean called() {
    return admission.all().peak() > 0;
  }

  @Override
  public void reload(String by) {
    settings.reload(by);
  }

  /** Ends the streams that {@link #close} waits for, each with its record. Any thread. */
  @Override
  public void cut() {
    drain.cut();
    if (handover != null) {
      handover.cut();
    }
  }

  /**
   * From now on another relay may take this one's place.
   *
   * @param stop told once that one serves: has the process drained and closed
   */
  void handOver(Path socket, Terms terms, Runnable stop) throws IOException {
    ListeningSockets own = new ListeningSockets(listener.descriptor(), admin.descriptor());
    handover = open(HandoverServer.open(socket, terms, own, Takeover.MOST, stop));
  }

  /** Another relay serves, and is to answer who asks from now on; this one is about to stop. */
  void leaveToAnother() {
    drain.handedOver();
  }

  @Override
  public void drain() {
    Duration timeout = settingsOfServer().drainTimeout();
    store.leave();
    if (handover != null) {
      timeout = timeout.minus(handover.end(timeout)); // of one time that the stop may take
    }
    if (drain.isHandedOver()) {
      admin.close();
    }
    drain.run(settingsOfServer().drainDelay(), timeout);
  }

  /**
   * Lets running streams end within the drain time, unless they were drained, writes what is
   * queued, stops. Idempotent.
   */
  @Override
  public void close() {
    if (opened.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    drain.runNow(settingsOfServer().drainTimeout());
    long end = System.nanoTime() + STOP_TIME.toNanos();
    server.close();
    if (!store.drain(storeDrain(end))) {
      LOG.error("event=rows_not_written records={} kept_in=journal", store.pending());
    }
    closeAll();
    LOG.info("event=stopped millis={}", millis(start));
  }

  /** Rows that a slow database has not taken are in the journal, for the next start. */
  private Duration storeDrain(long end) {
    Duration left = Duration.ofNanos(end - System.nanoTime()).minus(CLOSE_TIME);
    Duration most = drain.isCut() ? Duration.ofSeconds(1) : STORE_DRAIN;
    return left.isNegative() ? Duration.ZERO : left.compareTo(most) < 0 ? left : most;
  }

  private static long millis(long since) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
  }

  private void build(ConfigFile file, LoadedConfig loaded, Takeover takeover) throws IOException {
    long start = System.nanoTime();
    RelayConfig config = loaded.config();
    Stats stats = new Stats();
    Transport transport = Transport.of(config.server().transport());
    EventLoopGroup loops = openLoops(transport, config.server().loops());
    memory = open(new MemoryAccount(config.limits().memory(), stats).start());
    // Both ports are claimed before anything is made on the disk; who connects waits.
    ListeningSockets given = takeover.sockets();
    listener = open(new Listener(config, transport, loops, memory, given.relay()));
    admin = open(AdminServer.bind(config.admin(), transport, given.admin()));
    byte[] secret = TenantSecret.of(config.journal().dir().resolve("tenant.key"));
    store = open(UsageStore.open(config.store(), config.journal(), EmbeddedDatabase::start, stats));
    telemetry = open(Telemetry.of(config, stats));
    Tls tls = open(new Tls(stats));
    open(new StallProbe(loops, config.server().stallProbe(), stats));
    Descriptors descriptors = Descriptors.now();
    UpstreamPools pools =
        open(
            new UpstreamPools(
                loops,
                transport,
                config.server().nameServers(),
                bounds(memory, descriptors),
                stats));
    Generations generations = new Generations(tls);
    Generation generation = generations.first(config);
    Quotas.Net net = new Quotas.Net(loops, transport, pools.resolver(), tls);
    Ledger ledger = openLedger(config, net, stats);
    admission = new Admission(ledger, memory);
    takeover.ready();
    server =
        open(
            new RelayServer(
                listener,
                tls.server(config.server()),
                loops,
                pools,
                generation,
                admission,
                ledger,
                guards(descriptors),
                stats,
                secret));
    drain = new Drain(admission, server);
    settings = open(new Reload(file, loaded, stats, next -> use(generations, next)));
    admin.serve(sources(stats));
    open(new ReadinessLog(this::readiness));
    ConfigWarnings.of(config, descriptors).forEach(warning -> LOG.warn("config {}", warning));
    LOG.info(
        "event=started listening={} admin={} transport={} ring={} tls={} loops={} store={} millis={}",
        port(),
        adminPort(),
        transport,
        transport.hasRing(),
        tls.library(),
        loopCount,
        config.store().embedded() ? "embedded" : "external",
        millis(start));
  }

  private RelayServer.Guards guards(Descriptors descriptors) {
    return new RelayServer.Guards(
        memory,
        descriptors.perSide(),
        open(new TroubleLog()),
        telemetry.tracing(),
        keys,
        quotas.limits());
  }

  /** With the keys and limits of callers before it. */
  private Ledger openLedger(RelayConfig config, Quotas.Net net, Stats stats) {
    keys = new Keyring(InstantSource.system());
    open(CallerKeys.refresh(keys, config, store, stats));
    quotas = open(new Quotas(config.quota(), store, net, stats));
    return new StoreLedger(store, telemetry.calls(), quotas.spent());
  }

  private static LoopPool.Bounds bounds(MemoryAccount memory, Descriptors descriptors) {
    return new LoopPool.Bounds(
        new ReadSize(
            memory,
            LoopPool.Bounds.LEAST_READ,
            LoopPool.Bounds.FIRST_READ,
            LoopPool.Bounds.MOST_READ),
        descriptors.perSide());
  }

  private EventLoopGroup openLoops(Transport transport, int count) {
    EventLoopGroup loops = transport.startLoops(count);
    loops.forEach(loop -> loopCount++);
    open(() -> loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS));
    return loops;
  }

  /** All that can fail comes first. */
  private void use(Generations generations, RelayConfig config) {
    Generation next = generations.after(server.generation(), config);
    memory.limit(config.limits().memory());
    server.use(next);
    admin.use(config.admin());
    telemetry.use(config);
    generations.inUse(next);
    quotas.wake();
  }

  private Readiness readiness() {
    if (drain.begun()) {
      return Readiness.DRAINING;
    }
    if (memory.refusing()) {
      return Readiness.MEMORY;
    }
    if (!keys.isLoaded() && server.generation().config().keys().required() == Required.TRUE) {
      return Readiness.KEYS;
    }
    return store.admitting() ? Readiness.READY : Readiness.JOURNAL;
  }

  private AdminSources sources(Stats stats) {
    return new AdminSources(
        stats,
        this::readiness,
        this::concurrency,
        watch(stats)::states,
        new LimitWatch(quotas.limits()),
        store::state,
        store.queries(),
        settings,
        keys,
        Relay::explanation);
  }

  /** What the doctor says, as the admin port shows it. */
  private static Explanation explanation(CallGroup calls) {
    Diagnosis said = Diagnosis.of(calls);
    return new Explanation(said.cause(), said.advice(), said.evidence(), said.free());
  }

  private UpstreamWatch watch(Stats stats) {
    UpstreamWatch watch =
        new UpstreamWatch(
            () -> server.generation().upstreams().values(),
            this::streamsAt,
            System::nanoTime,
            InstantSource.system());
    watch.expose(stats);
    return watch;
  }

  private int streamsAt(String upstream) {
    Gauge gauge = admission.byUpstream().get(upstream);
    return gauge == null ? 0 : gauge.active(); // other settings come into use just now
  }

  private Concurrency concurrency() {
    Map<String, Concurrency.Upstream> upstreams = new LinkedHashMap<>();
    admission
        .byUpstream()
        .forEach(
            (name, gauge) ->
                upstreams.put(
                    name, new Concurrency.Upstream(gauge.active(), gauge.max(), gauge.peak())));
    Gauge all = admission.all();
    return new Concurrency(all.active(), all.max(), all.peak(), upstreams);
  }

  private <T extends AutoCloseable> T open(T part) {
    opened.push(part);
    return part;
  }

  private void closeAll() {
    while (!opened.isEmpty()) {
      AutoCloseable part = opened.pop();
      try {
        part.close();
      } catch (Exception e) { // one that does not close must not keep the others open
        LOG.error("close_failed={}", part.getClass().getSimpleName(), e);
      }
    }
  }
}
