package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Certificate;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RedisServer;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits that relays have in common in a Redis that speaks TLS, or should. */
@Rule(
    value = "What relays share is asked over TLS of that server alone whose certificate is good",
    source = "docs/LIMITS.md")
class SecureSharedLimitsTest {
  private static final String UP = "tailtap_limits_shared_up 1.0";
  private static final String AWAY = "tailtap_limits_shared_up 0.0";

  /** Of each of its two loops. */
  private static final int TRIES = 4;

  /** Held, because the JDK forgets a logger that nobody holds. */
  private static final Logger LOG = Logger.getLogger("dev.tailtap.redis.SharedCounters");

  @TempDir private Path dir;
  private final Queue<String> logged = new ConcurrentLinkedQueue<>();
  private final Handler ear = new Ear();
  private RedisServer redis;
  private Provider provider;
  private Certificate good;
  private Path trust;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(RedisServer.installed(), "skipped: redis-server missing");
    good = Certificate.of(dir, "good", "ip:127.0.0.1");
    trust = Files.copy(good.pem(), dir.resolve("trust.pem"));
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    redis = new RedisServer(dir);
    LOG.addHandler(ear);
  }

  @AfterEach
  void stop() throws Exception {
    LOG.removeHandler(ear);
    if (redis != null) {
      provider.close();
      redis.close();
    }
  }

  @Test
  void relaysShareOneLimitOverTls() throws Exception {
    redisShows(good);
    try (RelayRig one = relay();
        RelayRig other = relay()) {
      one.awaitMetric(UP);
      other.awaitMetric(UP);
      assertEquals("200", asked(one));
      assertEquals("200", asked(other));
      assertEquals("200", asked(one));
      assertEquals("200", asked(other));
      assertEquals("429 requests_limit", asked(one));
      assertEquals("429 requests_limit", asked(other));
      assertEquals(List.of(), away());
    }
  }

  @Test
  void aCertificateThatNobodyTrustsIsNoServer() throws Exception {
    redisShows(good);
    Certificate stranger = Certificate.of(dir, "stranger", "ip:127.0.0.1");
    copy(stranger.pem(), trust);
    try (RelayRig rig = relay()) {
      await(() -> refusedHandshakes() >= TRIES);
      holdsItsPart(rig);
      assertEquals(1, away().size(), away()::toString);
      assertTrue(away().get(0).contains("reason=\"certificate: "), away()::toString);
      copy(good.pem(), trust);
      isBack(rig);
    }
  }

  @Test
  void aCertificateOfAnotherHostIsNoServer() throws Exception {
    Certificate other = Certificate.of(dir, "other", "dns:other.test");
    redisShows(other);
    Files.writeString(trust, Files.readString(good.pem()) + Files.readString(other.pem()));
    try (RelayRig rig = relay()) {
      await(() -> refusedHandshakes() >= TRIES);
      holdsItsPart(rig);
      assertEquals(1, away().size(), away()::toString);
      assertTrue(away().get(0).contains("reason=\"certificate: "), away()::toString);
      assertTrue(away().get(0).contains("127.0.0.1 found"), away()::toString);
      redisShows(good);
      isBack(rig);
    }
  }

  @Test
  void aServerWithoutTlsIsTold() throws Exception {
    try (RelayRig rig = relay()) {
      await(() -> !away().isEmpty());
      holdsItsPart(rig);
      String why = away().get(0);
      assertTrue(why.contains("no TLS in time") || why.contains("does not speak TLS"), why);
      redisShows(good);
      isBack(rig);
    }
  }

  private RelayRig relay() throws Exception {
    return new RelayRig(
        provider.url(),
        "limits.shared",
        "rediss://127.0.0.1:" + redis.port(),
        "limits.shared-trust",
        trust.toString(),
        "limits.shared-timeout",
        "300ms", // a busy machine is no server away
        "limits.relays",
        "2",
        "limit.a.requests",
        "10/h",
        "limit.a.requests-burst",
        "4");
  }

  private void redisShows(Certificate certificate) throws Exception {
    redis.kill();
    redis.startSecure(certificate);
  }

  private static void holdsItsPart(RelayRig rig) throws Exception {
    rig.awaitMetric(AWAY);
    assertEquals("200", asked(rig));
    assertEquals("200", asked(rig));
    assertEquals("429 requests_limit", asked(rig));
  }

  /** With what is left of it: the two that this relay let in by itself are told. */
  private static void isBack(RelayRig rig) throws Exception {
    rig.awaitMetric(UP);
    assertEquals("200", asked(rig));
    assertEquals("200", asked(rig));
    assertEquals("429 requests_limit", asked(rig));
  }

  private static String asked(RelayRig rig) throws Exception {
    try (RawClient client = rig.client()) {
      return KeyedRelays.said(client.post(KeyedRelays.CHAT, "{\"model\":\"m\"}").answer());
    }
  }

  private static void copy(Path from, Path to) throws Exception {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private List<String> away() {
    return logged.stream().filter(line -> line.contains("event=shared_limits_away")).toList();
  }

  /** As the server counts them. */
  private long refusedHandshakes() {
    try {
      return Files.readString(redis.log())
          .lines()
          .filter(line -> line.contains("Error accepting"))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(BooleanSupplier so) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!so.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "it does not come to it");
      LockSupport.parkNanos(10_000_000);
    }
  }

  /** Keeps what is logged, as it is logged. */
  private final class Ear extends Handler {
    @Override
    public void publish(LogRecord line) {
      logged.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
