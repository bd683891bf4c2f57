package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.tls.Tls;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamHealth;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The tries of a request at an upstream, and when there is another. */
class AttemptsTest {
  private final Stats stats = new Stats();
  private HandRelay relay;
  private NotingSink sink;
  private RequestBody body;
  private Attempts attempts;
  private int sent;

  @Test
  void sendsOnceBothTheConnectionAndTheJournalAreReady() throws Exception {
    start("false");
    begin();
    assertNull(attempts.stream());
    HandChannel upstream = relay.connect();
    assertNotNull(attempts.stream());
    assertFalse(attempts.sent());
    assertEquals(0, upstream.takenBytes());
    attempts.onJournaled();
    assertEquals(1, sent);
    assertTrue(attempts.sent());
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /a HTTP/1.1\r\n"));
    attempts.abandon();
    relay.loop.runTasks();
    assertFalse(upstream.isOpen());
    body.close();
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void sendsAtOnceWhereTheJournalWasFirst() throws Exception {
    start("false");
    begin();
    attempts.onJournaled();
    assertEquals(0, sent);
    HandChannel upstream = relay.connect();
    assertEquals(1, sent);
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /a HTTP/1.1\r\n"));
  }

  @Test
  void goesAgainWhereNoByteCanHaveLeft() throws Exception {
    start("false");
    HandChannel kept = keep();
    begin();
    assertNotNull(attempts.stream());
    lose(kept);
    assertTrue(attempts.again(sink.failure));
    assertEquals(1, stats.value(Metric.UPSTREAM_RETRIES, "unsent"));
  }

  @Test
  void goesAgainOnceWhereSoConfigured() throws Exception {
    start("true");
    HandChannel kept = keep();
    begin();
    attempts.onJournaled();
    lose(kept);
    assertTrue(attempts.again(sink.failure));
    assertEquals(1, stats.value(Metric.UPSTREAM_RETRIES, "lost"));
    attempts.begin();
    assertNull(attempts.stream(), "the second time it wants a connection of its own");
    HandChannel fresh = relay.connect();
    assertTrue(attempts.sent());
    lose(fresh);
    assertFalse(attempts.again(sink.failure));
  }

  @Test
  void doesNotGoAgainOtherwise() throws Exception {
    start("false");
    HandChannel kept = keep();
    begin();
    attempts.onJournaled();
    lose(kept);
    assertFalse(attempts.again(sink.failure));
  }

  @Test
  void doesNotGoAgainWhereTheUpstreamHadBegunToAnswer() throws Exception {
    start("true");
    HandChannel kept = keep();
    begin();
    attempts.onJournaled();
    kept.arrive("HTTP/1.1 2".getBytes(ISO_8859_1));
    kept.read(1, 1000);
    lose(kept);
    assertFalse(attempts.again(sink.failure));
  }

  @Test
  void triesTheNextCandidateWhereTheFirstCannotBeReached() throws Exception {
    start("false");
    UpstreamConfig config = relay.upstream.config();
    Upstream other = new Upstream(config, new Tls(stats), new UpstreamHealth());
    begin(List.of(relay.upstream, other));
    relay.name(0, false);
    relay.loop.runTasks();
    assertTrue(attempts.again(sink.failure));
    assertEquals(other, attempts.upstream());
    attempts.begin();
    relay.name(0, false);
    relay.loop.runTasks();
    assertFalse(attempts.again(sink.failure));
  }

  @Test
  void cancelsAConnectionThatIsBeingMade() throws Exception {
    start("false");
    begin();
    relay.loop.runTasks();
    relay.name(0, true);
    relay.loop.runTasks();
    attempts.abandon();
    relay.loop.runTasks();
    assertFalse(relay.dialled.get(0).isOpen());
    assertNull(attempts.stream());
    assertNull(sink.failure);
  }

  private void start(String retry) throws Exception {
    relay =
        new HandRelay(
            HandRelay.config(Map.of("upstream.sim.retry-reused", retry)),
            new SimLedger(),
            0,
            stats,
            new TenantFingerprint(new byte[32]));
  }

  private void begin() {
    begin(List.of(relay.upstream));
  }

  private void begin(List<Upstream> candidates) {
    sink = new NotingSink();
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/a");
    AdmittedRequest admitted = HandRequests.admit(relay, head, candidates.iterator());
    body =
        RequestBody.of(
            relay.alloc, admitted, admitted.request().dialect(relay.upstream), relay.memory);
    body.accept(Unpooled.EMPTY_BUFFER, true);
    attempts = new Attempts(relay.resources, admitted, body, sink, () -> sent++);
    attempts.begin();
  }

  /** A connection that has served one request and is kept. */
  private HandChannel keep() {
    begin();
    HandChannel upstream = relay.connect();
    attempts.onJournaled();
    upstream.arrive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
    upstream.read(1, 1000);
    assertTrue(sink.ended);
    return upstream;
  }

  private void lose(HandChannel upstream) {
    upstream.vanish(true);
    upstream.read(1, 1);
    relay.loop.runTasks();
  }
}
