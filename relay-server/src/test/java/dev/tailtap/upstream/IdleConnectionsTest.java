package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What waits for a request, by a clock of its own and without a socket. */
class IdleConnectionsTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final Origin HERE = new Origin(false, "here", 80, null, null, null);
  private static final Origin THERE = new Origin(false, "there", 80, null, null, null);

  private final Stats stats = new Stats();
  private final AtomicInteger count = new AtomicInteger();
  private final IdleConnections idle = new IdleConnections(null, Integer.MAX_VALUE, stats, count);

  private static ReuseConfig reuse(int kept, int idleSeconds, int ageSeconds) {
    return new ReuseConfig(
        kept, Duration.ofSeconds(idleSeconds), Duration.ofSeconds(ageSeconds), false, 0);
  }

  private static PoolEntry opened(Origin origin, ReuseConfig lessee) {
    PoolEntry entry = new PoolEntry(origin, new EmbeddedChannel(), 0, 0);
    entry.lease(lessee);
    return entry;
  }

  private PoolEntry kept(Origin origin, ReuseConfig lessee) {
    PoolEntry entry = opened(origin, lessee);
    idle.put(entry, 0);
    return entry;
  }

  private long evicted(String why) {
    return stats.value(Metric.UPSTREAM_EVICTED, why);
  }

  @Test
  void givesTheOneUsedLastAndOnlyWhereItLeads() {
    ReuseConfig reuse = reuse(4, 55, 0);
    PoolEntry first = kept(HERE, reuse);
    PoolEntry second = kept(HERE, reuse);
    assertNull(idle.take(THERE, reuse, 0));
    assertSame(second, idle.take(HERE, reuse, 0));
    assertSame(first, idle.take(HERE, reuse, 0));
    assertNull(idle.take(HERE, reuse, 0));
    assertEquals(0, count.get());
  }

  @Test
  void keepsAConnectionForWhoeverLeadsToTheSameOrigin() {
    kept(HERE, reuse(4, 55, 0));
    PoolEntry taken = idle.take(new Origin(false, "here", 80, null, null, null), reuse(1, 1, 0), 0);
    assertFalse(taken.reused());
    taken.lease(reuse(1, 1, 0));
    assertTrue(taken.reused());
  }

  @Test
  void keepsAsManyAsTheUpstreamSaysThatUsedOneLast() {
    kept(HERE, reuse(2, 55, 0));
    PoolEntry surplus = kept(HERE, reuse(1, 55, 0));
    assertFalse(surplus.channel().isOpen());
    assertEquals(1, count.get());
    assertEquals(1, evicted("full"));
  }

  @Test
  void closesEachWhenItsOwnTimeIsOver() {
    PoolEntry patient = kept(HERE, reuse(4, 10, 0));
    PoolEntry hasty = kept(HERE, reuse(4, 5, 0)); // behind one that stays
    idle.sweep(5 * SECOND);
    assertTrue(hasty.channel().isOpen());
    idle.sweep(5 * SECOND + 1);
    assertFalse(hasty.channel().isOpen());
    assertTrue(patient.channel().isOpen());
    assertEquals(1, count.get());
    assertEquals(1, evicted("idle"));
  }

  @Test
  void passesOverOneThatIsTooOldForItsLessee() {
    PoolEntry old = kept(HERE, reuse(4, 55, 0));
    assertNull(idle.take(HERE, reuse(4, 55, 10), 10 * SECOND + 1));
    assertFalse(old.channel().isOpen());
    assertEquals(1, evicted("age"));
  }

  @Test
  void doesNotEndThoseOfOneBurstTogether() {
    ReuseConfig reuse = reuse(4, 55, 100);
    PoolEntry last = new PoolEntry(HERE, new EmbeddedChannel(), 0, 0);
    PoolEntry first = new PoolEntry(HERE, new EmbeddedChannel(), 0, 1);
    assertFalse(first.tooOld(reuse, 97 * SECOND));
    assertTrue(first.tooOld(reuse, 98 * SECOND));
    assertFalse(last.tooOld(reuse, 100 * SECOND));
    assertTrue(last.tooOld(reuse, 100 * SECOND + 1));
    assertFalse(first.tooOld(reuse(4, 55, 0), Long.MAX_VALUE));
  }

  @Test
  void closesWhatLeadsToNoOriginThatIsNamed() {
    ReuseConfig reuse = reuse(4, 55, 0);
    PoolEntry stays = kept(HERE, reuse);
    PoolEntry goes = kept(THERE, reuse);
    PoolEntry leased = opened(THERE, reuse);
    idle.retain(Set.of(HERE));
    assertFalse(goes.channel().isOpen());
    assertTrue(leased.channel().isOpen());
    assertSame(stays, idle.take(HERE, reuse, 0));
    assertEquals(0, count.get());
    assertEquals(1, evicted("retired"));

    idle.put(leased, 0);
    assertFalse(leased.channel().isOpen());
    assertEquals(2, evicted("retired"));
  }

  @Test
  void forgetsOneThatClosedAndNotOneThatIsLeased() {
    ReuseConfig reuse = reuse(4, 55, 0);
    PoolEntry here = kept(HERE, reuse);
    idle.forget(here, Label.EVICTED_CLOSED);
    idle.forget(here, Label.EVICTED_CLOSED);
    assertEquals(0, count.get());
    assertEquals(1, evicted("closed"));
  }

  @Test
  void anOriginIsThePlaceAndTheTrustAndNotTheUpstream() {
    Path trust = Path.of("trust.pem");
    Origin plain = origin("one", "http://h.test/v1", null);
    assertEquals(plain, origin("two", "http://H.test:80/v2", null));
    assertEquals(plain, origin("two", "http://h.test", trust), "which only TLS looks at");
    assertNotEquals(plain, origin("one", "http://h.test:81", null));
    Origin secured = origin("one", "https://h.test", null);
    assertNotEquals(plain, secured);
    assertEquals(secured, origin("two", "https://h.test:443", null));
    assertNotEquals(secured, origin("one", "https://h.test", trust));
  }

  private static Origin origin(String name, String url, Path trust) {
    Duration any = Duration.ofSeconds(1);
    ReuseConfig reuse = reuse(4, 55, 0);
    return Origin.of(
        new UpstreamConfig(
            name,
            URI.create(url),
            "auto",
            Map.of(),
            trust,
            null,
            null,
            any,
            any,
            any,
            any,
            Duration.ZERO,
            0,
            reuse,
            false,
            Map.of(),
            UpstreamConfig.KeyOrder.FILL_FIRST,
            UpstreamConfig.Auth.AUTO,
            Map.of(),
            Duration.ZERO));
  }
}
