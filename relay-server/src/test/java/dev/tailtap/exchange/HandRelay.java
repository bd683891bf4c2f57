package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.http1.Via;
import dev.tailtap.keys.KeyLookup;
import dev.tailtap.keys.Keyring;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.Admitting;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Costs;
import dev.tailtap.limits.Limiting;
import dev.tailtap.limits.Limits;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.Reservation;
import dev.tailtap.loop.LaterTasks;
import dev.tailtap.loop.LoopSweep;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.rig.HandLoop;
import dev.tailtap.route.Selections;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.trace.Tracing;
import dev.tailtap.upstream.HandPool;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import dev.tailtap.usage.Dialect;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * One event loop of a relay without a socket, a thread or a clock: a test plays clients, upstreams,
 * names, ledger and time. One of its upstreams, mostly the only one, is called {@code sim}.
 */
public final class HandRelay {
  private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(512, 1024);

  public final HandLoop loop = new HandLoop();
  public final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(false, true);

  /** Admissions that wait until the test runs them. */
  public final List<Runnable> waiting = new ArrayList<>();

  public boolean admitsLater;

  /** Whether the limits that are set by name answer when the test runs what waits. */
  public boolean limitsLater;

  /** What is left to chance: the middle, unless a test says otherwise. */
  public DoubleSupplier chance = () -> 0.5;

  private final TroubleLog log = new TroubleLog(Long.MAX_VALUE);
  public final List<HandChannel> dialled = new ArrayList<>();
  public final MemoryAccount memory;
  public final Admission admission;
  public final Limits limits;
  public final Map<String, Upstream> upstreams = new LinkedHashMap<>();
  public final Upstream upstream;

  /** What holds for requests that come; a test may put another in its place. */
  public Generation generation;

  public final LoopPool pool;
  public final LoopSweep sweep;
  public final LoopResources resources;
  private final List<Promise<List<InetAddress>>> names = new ArrayList<>();
  private long nanos = System.nanoTime();

  /** Of settings, with memory for so many bytes; 0: chosen. */
  public HandRelay(
      RelayConfig config, Ledger ledger, long memoryLimit, Stats stats, TenantFingerprint tenants) {
    memory = new MemoryAccount(memoryLimit, stats);
    config
        .upstreams()
        .forEach(
            (name, one) ->
                upstreams.put(
                    name,
                    new Upstream(
                        one,
                        new Tls(stats),
                        new UpstreamHealth(this::nanos, () -> chance.getAsDouble()))));
    upstream = upstreams.get("sim");
    admission = new Admission(ledger, memory);
    ChannelFactory<Channel> channels = this::dial;
    pool = HandPool.of(loop, channels, new Names(), WATER_MARK, stats);
    sweep = new LoopSweep(nanos);
    sweep.add(pool);
    generation = new Generation(config, upstreams);
    admission.limit(config.limits(), generation.streams());
    limits = new Limits(stats, (call, currency) -> Costs.UNKNOWN);
    limits.use(config.quota());
    resources =
        new LoopResources(
            () -> generation,
            admission,
            this::admit,
            limiting(limits.gate()),
            ledger,
            memory,
            log,
            stats,
            new Tracing(stats),
            pool,
            sweep,
            new LaterTasks(loop),
            new Selections(),
            new UuidV7(),
            tenants,
            new KeyLookup(Keyring.empty(), stats),
            new Via("sim"));
  }

  /** A configuration of the one upstream, with settings of the caller's. */
  public static RelayConfig config(Map<String, String> settings)
      throws IOException, ConfigException {
    Map<String, String> all = new HashMap<>();
    all.put("upstream.sim.url", "http://sim.test:80");
    all.put("upstream.sim.dialect", "openai-chat");
    all.put("route.sim.path", "/");
    if (!settings.containsKey("route.sim.upstreams")) {
      all.put("route.sim.upstream", "sim");
    }
    all.put("relay.listen", "127.0.0.1:0");
    all.putAll(settings);
    Path file = Files.createTempFile("relay", ".properties");
    try {
      return ConfigFile.load(file, all, Map.of(), Dialect.configNames());
    } finally {
      Files.delete(file);
    }
  }

  /** As the limits do, but that the answer comes later if the test says so. */
  private Limiting limiting(Limiting gate) {
    return new Limiting() {
      @Override
      public boolean any() {
        return gate.any();
      }

      @Override
      public boolean needsModel(String route) {
        return gate.needsModel(route);
      }

      @Override
      public boolean needsMaxTokens(String route) {
        return gate.needsMaxTokens(route);
      }

      @Override
      public Reservation open() {
        return gate.open();
      }

      @Override
      public void admit(Reservation wanted, Applicant applicant) {
        if (limitsLater) {
          waiting.add(() -> gate.admit(wanted, applicant));
        } else {
          gate.admit(wanted, applicant);
        }
      }
    };
  }

  /** As admission does, but for what the test says. */
  private void admit(ClientNetwork client, Admitting.Applicant applicant) {
    if (admitsLater) {
      waiting.add(() -> admission.admit(client, applicant));
    } else {
      admission.admit(client, applicant);
    }
  }

  private HandChannel dial() {
    HandChannel channel = new HandChannel(alloc, new InetSocketAddress(80), false);
    dialled.add(channel);
    return channel;
  }

  /** How many names are looked for. */
  public int namesSought() {
    return names.size();
  }

  /** A name that is looked for is found, or is not. */
  public void name(int index, boolean found) {
    Promise<List<InetAddress>> one = names.remove(index);
    if (found) {
      one.trySuccess(List.of(InetAddress.getLoopbackAddress()));
    } else {
      one.tryFailure(new UnknownHostException("sim"));
    }
  }

  /** The connection that was asked for last is made. */
  public HandChannel connect() {
    loop.runTasks();
    if (namesSought() > 0) {
      name(0, true);
    }
    loop.runTasks();
    HandChannel channel = dialled.get(dialled.size() - 1);
    channel.connect();
    channel.take(Integer.MAX_VALUE);
    loop.runTasks();
    return channel;
  }

  /** The present time. */
  public long nanos() {
    return nanos;
  }

  /** Time passes up to the next sweep. */
  public void sweep() {
    nanos += LoopSweep.PERIOD_NANOS;
    sweep.run(nanos);
    loop.runTasks();
  }

  /** The next line for the log; null: there is none. */
  public String nextLogLine() {
    return log.next();
  }

  /** Bytes of buffers that nobody has released. */
  public long bufferBytes() {
    return alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory();
  }

  /** Names that are found when the test says so. */
  private final class Names extends AddressResolverGroup<InetSocketAddress> {
    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
      return new InetNameResolver(executor) {
        @Override
        protected void doResolve(String host, Promise<InetAddress> promise) {
          promise.setFailure(new UnsupportedOperationException());
        }

        @Override
        protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
          names.add(promise);
        }
      }.asAddressResolver();
    }
  }
}
