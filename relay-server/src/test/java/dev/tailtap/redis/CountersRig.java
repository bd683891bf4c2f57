package dev.tailtap.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RedisAddress;
import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.loop.Transport;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.TlsEndpoint;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.resolver.DefaultAddressResolverGroup;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Shared counters on a loop of their own, asked from the thread of a test. */
final class CountersRig implements AutoCloseable {
  /** A time that a test says, in the place of the server's: the value of the key {@code clock}. */
  static final String DRIVEN =
      driven(
          Script.source(),
          "local time = redis.call('TIME')\n  return (time[1] - EPOCH) * 1000000 + time[2]",
          "return tonumber(redis.call('GET', 'clock') or '0')",
          "KEPT_FULL = 1000",
          "KEPT_FULL = 86400000");

  final Stats stats = new Stats();
  final SharedCounters counters;
  private final MultiThreadIoEventLoopGroup loops;
  private final EventLoop loop;

  /** What was answered. */
  sealed interface Answer {
    record Admitted(Grant grant) implements Answer {}

    record Refused(int claim, long retryMicros) implements Answer {}

    record Away(Grant grant) implements Answer {}
  }

  /** Waits for answers as long as it takes. */
  CountersRig(String address, String source) {
    this(address, source, Patience.TIME, null);
  }

  CountersRig(String address, String source, Duration patience, TlsEndpoint tls) {
    Transport transport = Transport.of(TransportChoice.AUTO);
    loops = transport.startLoops(1);
    loop = loops.next();
    Link.Target target =
        Link.Target.of(
            RedisAddress.of(address),
            DefaultAddressResolverGroup.INSTANCE,
            tls,
            transport,
            source,
            patience);
    counters = new SharedCounters(loops, target, 1, stats);
  }

  private static String driven(String source, String... changes) {
    String changed = source;
    for (int i = 0; i < changes.length; i += 2) {
      assertTrue(changed.contains(changes[i]), changes[i]);
      changed = changed.replace(changes[i], changes[i + 1]);
    }
    return changed;
  }

  CountersRig up() {
    await(counters::isUp);
    return this;
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "in vain");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  /** Asks, and returns at once. */
  CompletableFuture<Answer> ask(String id, double given, Claim... claims) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    loop.execute(
        () ->
            counters
                .of(loop)
                .admit(
                    List.of(claims),
                    id,
                    given,
                    new Asker() {
                      @Override
                      public void admitted(Grant grant) {
                        assertTrue(answer.complete(new Answer.Admitted(grant)));
                      }

                      @Override
                      public void refused(int claim, long retryMicros) {
                        assertTrue(answer.complete(new Answer.Refused(claim, retryMicros)));
                      }

                      @Override
                      public void away(Grant grant) {
                        assertTrue(answer.complete(new Answer.Away(grant)));
                      }
                    }));
    return answer;
  }

  Answer admit(String id, Claim... claims) {
    return admit(id, -1, claims);
  }

  Answer admit(String id, double given, Claim... claims) {
    return ask(id, given, claims).orTimeout(Patience.SECONDS, TimeUnit.SECONDS).join();
  }

  /** Asks until the server answers. */
  Answer admitted(String id, Claim... claims) {
    Answer[] last = new Answer[1];
    await(
        () -> {
          last[0] = admit(id, claims);
          if (last[0] instanceof Answer.Away away) {
            withdraw(away.grant());
          }
          return !(last[0] instanceof Answer.Away);
        });
    return last[0];
  }

  Grant granted(String id, Claim... claims) {
    Answer answer = admit(id, claims);
    assertEquals(Answer.Admitted.class, answer.getClass(), answer::toString);
    return ((Answer.Admitted) answer).grant();
  }

  void settle(Grant grant, double... costs) {
    onLoop(() -> counters.of(loop).settle(grant, costs));
  }

  void withdraw(Grant grant) {
    onLoop(() -> counters.of(loop).withdraw(grant));
  }

  /** Returns once the server has done all that it was told. */
  void sync() {
    Answer answer = admitted("nobody", Claim.streams("none", 0));
    assertEquals(Answer.Refused.class, answer.getClass());
  }

  void onLoop(Runnable task) {
    loop.submit(task).syncUninterruptibly();
  }

  @Override
  public void close() {
    counters.close();
    loops.shutdownGracefully(0, Patience.SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
