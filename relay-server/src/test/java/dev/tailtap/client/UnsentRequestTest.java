package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.exchange.Generation;
import dev.tailtap.exchange.Ledger;
import dev.tailtap.limits.Admission;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.loop.Transport;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import dev.tailtap.upstream.UpstreamPools;
import dev.tailtap.usage.Dialect;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request that has its connection and still waits for the journal. */
class UnsentRequestTest {

  /** A journal whose writes the test lets through one by one. */
  private static final class HeldLedger implements Ledger {
    final BlockingQueue<Runnable> begun = new LinkedBlockingQueue<>();
    final BlockingQueue<UsageRecord> ended = new LinkedBlockingQueue<>();

    @Override
    public boolean reserve() {
      return true;
    }

    @Override
    public void release() {}

    @Override
    public boolean open(OpenRecord record, Runnable written) {
      begun.add(written);
      return false;
    }

    @Override
    public boolean safe() {
      return true;
    }

    @Override
    public void reopen(OpenRecord record, Runnable written) {
      begun.add(written);
    }

    @Override
    public void close(UsageRecord record, Runnable durable) {
      ended.add(record);
      durable.run();
    }

    void letThrough() throws InterruptedException {
      Runnable written = begun.poll(Patience.SECONDS, TimeUnit.SECONDS);
      assertNotNull(written, "no request waits for the journal");
      written.run();
    }
  }

  private static RelayConfig config(Path dir, Provider provider) throws Exception {
    Map<String, String> entries =
        Map.of(
            "relay.listen", "127.0.0.1:0",
            "relay.loops", "1",
            "upstream.p.url", provider.url(),
            "route.p.path", "/",
            "route.p.upstream", "p");
    Path file = Files.createFile(dir.resolve("relay.properties"));
    return ConfigFile.load(file, entries, Map.of(), Dialect.configNames());
  }

  private static void await(Stats stats, Metric metric, String label) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (stats.value(metric, label) == 0) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(metric + " does not count " + label);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  @Rule(
      value = "A kept connection that is lost before the first byte was written is replaced",
      source = "RFC 9110 section 9.2.2")
  void takesAnotherConnectionWhereItsOwnIsLost(@TempDir Path dir) throws Exception {
    CountDownLatch close = new CountDownLatch(1);
    Provider.Script script =
        (request, answer) -> {
          answer.whole(200, "text/plain", request.text());
          if (request.connection() == 1) {
            close.await();
            answer.close();
          }
        };
    Stats stats = new Stats();
    Transport transport = Transport.of(TransportChoice.AUTO);
    MultiThreadIoEventLoopGroup loops = transport.startLoops(1);
    HeldLedger ledger = new HeldLedger();
    try (Provider provider = new Provider(script);
        Tls tls = new Tls(stats);
        UpstreamPools pools =
            new UpstreamPools(loops, transport, List.of(), LoopPool.Bounds.NONE, stats)) {
      RelayConfig config = config(dir, provider);
      Map<String, Upstream> upstreams =
          Map.of("p", new Upstream(config.upstreams().get("p"), tls, new UpstreamHealth()));
      Admission admission = new Admission(ledger, new MemoryAccount(0, stats));
      try (RelayServer server =
              new RelayServer(
                  new Listener(config, transport, loops, new MemoryAccount(0, stats), -1),
                  null,
                  loops,
                  pools,
                  new Generation(config, upstreams),
                  admission,
                  ledger,
                  SettlingRig.guards(stats),
                  stats,
                  new byte[32]);
          RawClient client = new RawClient(server.port())) {
        client.post("/v1/x", "one");
        ledger.letThrough();
        assertEquals("one", client.answer().text());
        client.post("/v1/x", "two");
        await(stats, Metric.UPSTREAM_REUSES, "p");
        close.countDown();
        await(stats, Metric.UPSTREAM_RETRIES, "unsent");
        ledger.letThrough();
        assertEquals("two", client.answer().text());
        assertEquals(1, provider.take().connection());
        assertEquals(2, provider.take().connection());
        assertEquals(0, ledger.begun.size());
        assertEquals(
            "completed",
            ledger.ended.poll(Patience.SECONDS, TimeUnit.SECONDS).end().outcome().column());
        assertEquals(
            "completed",
            ledger.ended.poll(Patience.SECONDS, TimeUnit.SECONDS).end().outcome().column());
      }
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }
}
