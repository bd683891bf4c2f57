package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.loop.Transport;
import dev.tailtap.rig.EmptySink;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.usage.Dialect;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pool on a loop of its own, and a name that stands for several addresses. */
class ConnectingTest {
  private static final RequestHead REQUEST =
      new RequestHead(
          HttpMethod.GET,
          "/",
          "",
          new DefaultHttpHeaders(),
          Set.of(),
          "1.1 here",
          -1,
          BodyFraming.NONE,
          new UpstreamHealth().keys(Map.of(), true).get(0),
          AuthScheme.BEARER,
          false,
          null);

  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private final BlockingQueue<Object> told = new LinkedBlockingQueue<>();
  private final Transport transport = Transport.of(TransportChoice.AUTO);
  private final MultiThreadIoEventLoopGroup loops = transport.startLoops(1);
  private final DefaultChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Tls tls = new Tls(stats);
  private Provider provider;
  private Upstream upstream;

  @BeforeEach
  void start() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    Map<String, String> entries =
        Map.of(
            "upstream.p.url", "http://several.test:" + provider.port(),
            "route.p.path", "/",
            "route.p.upstream", "p");
    Path file = Files.createFile(dir.resolve("relay.properties"));
    RelayConfig config = ConfigFile.load(file, entries, Map.of(), Dialect.configNames());
    upstream = new Upstream(config.upstreams().get("p"), tls, new UpstreamHealth());
  }

  @AfterEach
  void stop() throws Exception {
    open.close().sync();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    provider.close();
    tls.close();
  }

  private LoopPool pool(String... addresses) {
    EventLoop loop = (EventLoop) loops.iterator().next();
    Book book = new Book(List.of(addresses));
    LoopPool.Bounds bounds = LoopPool.Bounds.NONE;
    IdleConnections idle =
        new IdleConnections(open, bounds.connections(), stats, new AtomicInteger());
    return new LoopPool(loop, transport, book, open, bounds, stats, idle);
  }

  private Object lease(LoopPool pool, boolean fresh) throws InterruptedException {
    loops.execute(() -> pool.lease(upstream, new Listener(), fresh));
    return nextTold();
  }

  private Object nextTold() throws InterruptedException {
    return told.poll(Patience.SECONDS, TimeUnit.SECONDS);
  }

  @Test
  @Rule(
      value = "Where an address of a name refuses, no byte has left, and the next one is tried",
      source = "RFC 9110 section 9.2.2")
  void triesTheNextAddressOfAName() throws Exception {
    assertEquals("end", lease(pool("127.0.0.2", "127.0.0.3", "127.0.0.1"), false));
    assertEquals(2, stats.value(Metric.UPSTREAM_RETRIES, "next_address"));
    assertEquals(1, provider.connections());
  }

  @Test
  void givesUpWhenNoAddressAnswers() throws Exception {
    assertEquals(
        UpstreamFailure.Kind.CONNECT_REFUSED, lease(pool("127.0.0.2", "127.0.0.3"), false));
    assertNull(told.poll());
  }

  @Test
  void triesNoMoreThanFourAddresses() throws Exception {
    LoopPool pool = pool("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1");
    assertEquals(UpstreamFailure.Kind.CONNECT_REFUSED, lease(pool, false));
  }

  @Test
  @Rule(
      value = "A kept connection is looked at before it is written to, and a dead one passed over",
      source = "RFC 9112 section 9.5")
  void takesANewConnectionWhereTheKeptOneWasClosedUnnoticed() throws Exception {
    CountDownLatch looped = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    provider.answerWith(
        (request, answer) -> {
          answer.whole(200, "text/plain", "ok");
          if (request.connection() == 1) {
            looped.await();
            answer.close();
            closed.countDown();
          }
        });
    LoopPool pool = pool("127.0.0.1");
    assertEquals("end", lease(pool, false));
    loops.execute(
        () -> { // while the loop is here it cannot hear that the connection closed
          looped.countDown();
          try {
            closed.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          pool.lease(upstream, new Listener(), false);
        });
    assertEquals("end", nextTold());
    assertEquals(1, provider.take().connection());
    assertEquals(2, provider.take().connection());
    assertEquals(1, stats.value(Metric.UPSTREAM_EVICTED, "closed"));
  }

  @Test
  void takesTheSameAgainUnlessANewOneIsWanted() throws Exception {
    LoopPool pool = pool("127.0.0.1");
    assertEquals("end", lease(pool, false));
    assertEquals("end", lease(pool, false));
    assertEquals("end", lease(pool, true));
    assertEquals(1, provider.take().connection());
    assertEquals(1, provider.take().connection());
    assertEquals(2, provider.take().connection());
  }

  /** Sends a request as soon as it can, and tells what came of it. */
  private final class Listener extends EmptySink implements Lessee {
    @Override
    public void leased(UpstreamStream stream) {
      stream.begin(this);
      stream.head(REQUEST);
      stream.end();
      stream.flush();
    }

    @Override
    public void unreachable(UpstreamFailure why) {
      told.add(why.kind());
    }

    @Override
    public void end(boolean bareTerminator) {
      told.add("end");
    }

    @Override
    public void failed(UpstreamFailure why) {
      told.add(why.kind());
    }
  }

  /** Knows the addresses of one name. */
  private static final class Book extends AddressResolverGroup<InetSocketAddress> {
    private final List<String> addresses;

    Book(List<String> addresses) {
      this.addresses = addresses;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
      return new InetNameResolver(executor) {
        @Override
        protected void doResolve(String name, Promise<InetAddress> promise) throws Exception {
          promise.setSuccess(all().get(0));
        }

        @Override
        protected void doResolveAll(String name, Promise<List<InetAddress>> promise)
            throws Exception {
          promise.setSuccess(all());
        }
      }.asAddressResolver();
    }

    private List<InetAddress> all() throws UnknownHostException {
      List<InetAddress> all = new ArrayList<>();
      for (String address : addresses) {
        all.add(InetAddress.getByName(address));
      }
      return all;
    }
  }
}
