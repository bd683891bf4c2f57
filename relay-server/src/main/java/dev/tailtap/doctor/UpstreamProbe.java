package dev.tailtap.doctor;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import dev.tailtap.upstream.UpstreamPools;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whether an upstream can be reached, by the very dialling of the relay: its name servers, one
 * address of a name after the other, TLS with the configured trust. Sends no request. One thread;
 * blocks for the connect timeout at most.
 */
final class UpstreamProbe implements AutoCloseable {
  private final Stats stats = new Stats(); // which nobody reads
  private final Tls tls = new Tls(stats);
  private final EventLoopGroup loops;
  private final UpstreamPools pools;

  UpstreamProbe(RelayConfig config) {
    Transport transport = Transport.of(TransportChoice.AUTO); // they all dial alike
    loops = transport.startLoops(1);
    pools =
        new UpstreamPools(
            loops, transport, config.server().nameServers(), LoopPool.Bounds.NONE, stats);
  }

  /** Null: it can be reached; else why not. */
  String whyUnreachable(UpstreamConfig config) throws InterruptedException {
    try {
      return whyUnreachable(
          new Upstream(config, tls, new UpstreamHealth()), config.connectTimeout().toMillis());
    } catch (IllegalStateException badFile) {
      return badFile.getMessage();
    }
  }

  private String whyUnreachable(Upstream upstream, long patienceMs) throws InterruptedException {
    EventLoop loop = loops.next();
    LoopPool pool = pools.of(loop);
    FirstWord word = new FirstWord();
    loop.execute(() -> pool.lease(upstream, word, true));
    try {
      return word.said().get(patienceMs, TimeUnit.MILLISECONDS).orElse(null);
    } catch (TimeoutException silence) {
      return "no connection: nothing came within " + patienceMs + " ms";
    } catch (ExecutionException bug) {
      throw new IllegalStateException(bug.getCause());
    }
  }

  @Override
  public void close() {
    pools.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    tls.close();
  }
}
