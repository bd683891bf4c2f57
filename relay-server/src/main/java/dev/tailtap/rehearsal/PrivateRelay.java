package dev.tailtap.rehearsal;

import dev.tailtap.client.Listener;
import dev.tailtap.client.RelayServer;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.exchange.Generation;
import dev.tailtap.exchange.TroubleLog;
import dev.tailtap.keys.Keyring;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.Costs;
import dev.tailtap.limits.Limits;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.ReadSize;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.trace.Tracing;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import dev.tailtap.upstream.UpstreamPools;
import dev.tailtap.usage.Dialect;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data path of a relay before one upstream, on a loopback port and a loop of its own. It shares
 * no figures, limits, journal or database with the relay of the process, and writes no line.
 */
final class PrivateRelay implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateRelay.class);
  private static final String NAME = "rehearsal";
  private static final int CONNECTIONS = 64;
  private static final int MEMORY_BYTES = 16 << 20;

  private final ArrayDeque<AutoCloseable> opened = new ArrayDeque<>(); // the last one first
  private final Listener listener;

  /**
   * Serves.
   *
   * @param of the relay of the process, whose transport and ways to read usage it has
   * @param provider the port of its only upstream
   */
  PrivateRelay(RelayConfig of, int provider) throws ConfigException {
    RelayConfig config = config(of, provider);
    Stats stats = new Stats();
    Transport transport = Transport.of(config.server().transport());
    EventLoopGroup loops = transport.startLoops(1);
    open(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(1, TimeUnit.SECONDS));
    MemoryAccount memory = new MemoryAccount(MEMORY_BYTES, stats);
    DryLedger ledger = open(new DryLedger());
    try {
      listener = new Listener(config, transport, loops, memory, -1);
      Tls tls = open(new Tls(stats));
      UpstreamPools pools =
          open(
              new UpstreamPools(
                  loops, transport, config.server().nameServers(), bounds(memory), stats));
      Map<String, Upstream> upstreams = new HashMap<>();
      config
          .upstreams()
          .forEach(
              (name, upstream) ->
                  upstreams.put(name, new Upstream(upstream, tls, new UpstreamHealth())));
      open(
          new RelayServer(
              listener,
              null,
              loops,
              pools,
              new Generation(config, upstreams),
              new Admission(ledger, memory),
              ledger,
              new RelayServer.Guards(
                  memory,
                  CONNECTIONS,
                  TroubleLog.silent(),
                  new Tracing(stats),
                  Keyring.empty(),
                  new Limits(stats, (call, currency) -> Costs.UNKNOWN)),
              stats,
              new byte[Long.SIZE]));
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  int port() {
    return listener.port();
  }

  private static RelayConfig config(RelayConfig of, int provider) throws ConfigException {
    Map<String, String> settings = new HashMap<>();
    settings.put("relay.listen", "127.0.0.1:0");
    settings.put("relay.loops", "1");
    settings.put("upstream." + NAME + ".url", "http://127.0.0.1:" + provider);
    settings.put("route." + NAME + ".path", "/");
    settings.put("route." + NAME + ".upstream", NAME);
    settings.put("relay.transport", of.server().transport().name().toLowerCase(Locale.ROOT));
    RelayConfig own = ConfigFile.of(settings, Dialect.configNames());
    return new RelayConfig(
        own.server(),
        own.admin(),
        own.upstreams(),
        own.routes(),
        own.keys(),
        own.limits(),
        own.quota(),
        of.usage(),
        of.row(),
        own.metrics(),
        own.journal(),
        own.store(),
        own.log(),
        own.trace());
  }

  private static LoopPool.Bounds bounds(MemoryAccount memory) {
    return new LoopPool.Bounds(
        new ReadSize(
            memory,
            LoopPool.Bounds.LEAST_READ,
            LoopPool.Bounds.FIRST_READ,
            LoopPool.Bounds.MOST_READ),
        CONNECTIONS);
  }

  private <T extends AutoCloseable> T open(T part) {
    opened.push(part);
    return part;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception left) { // the others are to close all the same
        LOG.debug("event=rehearsal_left part={}", left.toString());
      }
    }
  }
}
