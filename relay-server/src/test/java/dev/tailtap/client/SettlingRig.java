package dev.tailtap.client;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.exchange.Generation;
import dev.tailtap.exchange.Ledger;
import dev.tailtap.exchange.TroubleLog;
import dev.tailtap.keys.Keyring;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.Costs;
import dev.tailtap.limits.Limits;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.loop.Transport;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.RawClient;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.trace.Tracing;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import dev.tailtap.upstream.UpstreamPools;
import dev.tailtap.usage.Dialect;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The data path with a ledger whose disk is as slow as the test wants it. */
final class SettlingRig implements AutoCloseable, Ledger {
  /** A record that was handed over, and what tells that it is on the disk. */
  record Settling(UsageRecord record, Runnable durable) {}

  private final BlockingQueue<Settling> settling = new LinkedBlockingQueue<>();
  private final EventLoopGroup loops;
  private final UpstreamPools pools;
  private final Tls tls;
  private volatile boolean safe = true;
  private final Admission admission;
  private final RelayServer server;

  SettlingRig(String providerUrl, boolean ask) throws Exception {
    this(providerUrl, ask, "60s");
  }

  SettlingRig(String providerUrl, boolean ask, String settleTimeout) throws Exception {
    RelayConfig config = config(providerUrl, ask ? "ask" : "leave", settleTimeout, 100);
    Stats stats = new Stats();
    Transport transport = Transport.of(config.server().transport());
    loops = transport.startLoops(1);
    pools = new UpstreamPools(loops, transport, List.of(), LoopPool.Bounds.NONE, stats);
    tls = new Tls(stats);
    MemoryAccount memory = new MemoryAccount(0, stats);
    Generation generation = generation(config);
    admission = new Admission(this, memory);
    server =
        new RelayServer(
            new Listener(config, transport, loops, memory, -1),
            null,
            loops,
            pools,
            generation,
            admission,
            this,
            guards(stats),
            stats,
            new byte[32]);
  }

  private Generation generation(RelayConfig config) {
    return new Generation(
        config,
        Map.of("test", new Upstream(config.upstreams().get("test"), tls, new UpstreamHealth())));
  }

  /** From now on another provider is behind the same name, with so many places. */
  void use(String providerUrl, int streams) throws Exception {
    server.use(generation(config(providerUrl, "leave", "60s", streams)));
  }

  /** What a server wants that is not short of anything. */
  static RelayServer.Guards guards(Stats stats) {
    return new RelayServer.Guards(
        new MemoryAccount(0, stats),
        Integer.MAX_VALUE,
        new TroubleLog(),
        new Tracing(stats),
        Keyring.empty(),
        new Limits(stats, (call, currency) -> Costs.UNKNOWN));
  }

  Admission admission() {
    return admission;
  }

  /** The only one. */
  SingleThreadEventExecutor loop() {
    return (SingleThreadEventExecutor) loops.next();
  }

  RelayServer server() {
    return server;
  }

  RawClient client() throws IOException {
    return new RawClient(server.port());
  }

  /** The next record that is handed over. */
  Settling take() throws InterruptedException {
    Settling next = settling.poll(Patience.SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no record came");
    }
    return next;
  }

  boolean hasMore() {
    return !settling.isEmpty();
  }

  @Override
  public boolean reserve() {
    return true;
  }

  @Override
  public void release() {}

  @Override
  public boolean open(OpenRecord record, Runnable written) {
    return true;
  }

  @Override
  public void reopen(OpenRecord record, Runnable written) {
    written.run();
  }

  @Override
  public void close(UsageRecord record, Runnable durable) {
    settling.add(new Settling(record, durable));
  }

  @Override
  public boolean safe() {
    return safe;
  }

  /** From now on the journal is known to keep nothing. */
  void fail() {
    safe = false;
  }

  @Override
  public void close() {
    server.close();
    pools.close();
    tls.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  private static RelayConfig config(
      String providerUrl, String usage, String settleTimeout, int streams) throws Exception {
    Path file = Files.createTempFile("tailtap-test", ".properties");
    return ConfigFile.load(
        file,
        Map.of(
            "relay.listen",
            "127.0.0.1:0",
            "upstream.test.url",
            providerUrl,
            "route.test.path",
            "/",
            "route.test.upstream",
            "test",
            "usage.include",
            usage,
            "usage.settle",
            "before-end",
            "usage.settle-timeout",
            settleTimeout,
            "limits.streams",
            Integer.toString(streams)),
        Map.of(),
        Dialect.configNames());
  }
}
