package dev.tailtap.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.GatheredSpans;
import dev.tailtap.loop.Transport;
import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One lease of a kept connection, from the pool and back, in nanoseconds. It goes back as it does
 * in life, by the end of an answer: a short one, whose head is part of the cost, as the request's
 * is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LeaseBenchmark implements Lessee, ResponseSink {
  private static final ByteBuf ANSWER =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer()
              .writeBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(US_ASCII)));

  private static final RequestHead HEAD =
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

  @Param({"1", "500"})
  private int kept;

  private final Upstream upstream = UnusedUpstream.named("test", Map.of());
  private LoopPool pool;
  private EmbeddedChannel leased; // the one that was kept last
  private int ends;

  @Setup
  public void fill() {
    Stats stats = new Stats();
    LoopPool.Bounds bounds = LoopPool.Bounds.NONE;
    IdleConnections idle =
        new IdleConnections(null, bounds.connections(), stats, new AtomicInteger());
    EmbeddedChannel loop = new EmbeddedChannel();
    pool = new LoopPool(loop.eventLoop(), Transport.NIO, null, null, bounds, stats, idle);
    for (int i = 0; i < kept; i++) {
      leased = new EmbeddedChannel();
      PoolEntry entry = new PoolEntry(upstream.origin(), leased, System.nanoTime(), 0);
      leased.pipeline().addLast(new UpstreamConnection(idle, entry, new GatheredSpans()));
      entry.lease(upstream.config().reuse());
      idle.put(entry, System.nanoTime());
    }
  }

  /** Leases, is answered, gives back. */
  @Benchmark
  public int leaseAndGiveBack() {
    pool.lease(upstream, this, false);
    leased.writeInbound(ANSWER.duplicate());
    leased.releaseOutbound();
    return ends;
  }

  @Override
  public void leased(UpstreamStream stream) {
    stream.begin(this);
    stream.head(HEAD);
    stream.end();
    stream.flush();
  }

  @Override
  public void end(boolean bareTerminator) {
    ends++;
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    throw new IllegalStateException("the pool is empty");
  }

  @Override
  public void failed(UpstreamFailure why) {
    throw new IllegalStateException("the answer was not understood");
  }

  @Override
  public void interim(HttpResponse head) {}

  @Override
  public void head(HttpResponse head, BodyFraming framing) {}

  @Override
  public void payload(ByteBuf buf, int index, int length) {}

  @Override
  public void hole(ByteBuf buf, int index, int length) {}

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    buf.release();
  }

  @Override
  public void readComplete() {}

  @Override
  public void upstreamWritable(boolean writable) {}
}
