package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.HandChannel;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The way to an upstream, and when it is gone again. */
class AttemptTest {
  private final Stats stats = new Stats();
  private HandRelay relay;
  private NotingSink sink;
  private Attempt attempt;

  @Test
  void sendsOnceBothTheConnectionAndTheJournalAreReady() throws Exception {
    start("false");
    begin();
    assertTrue(attempt.connecting());
    HandChannel upstream = relay.connect();
    assertFalse(sink.sent);
    assertEquals(0, upstream.takenBytes());
    assertTrue(attempt.opened());
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /a HTTP/1.1\r\n"));
    assertFalse(attempt.opened());
    attempt.letGo();
    relay.loop.runTasks();
    assertFalse(upstream.isOpen());
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void goesAgainWhereNoByteCanHaveLeft() throws Exception {
    start("false");
    HandChannel kept = keep();
    begin();
    assertNotNull(sink.connection);
    lose(kept);
    assertTrue(attempt.repeats(sink.failure));
    assertEquals(1, stats.value(Metric.UPSTREAM_RETRIES, "unsent"));
  }

  @Test
  void goesAgainOnceWhereSoConfigured() throws Exception {
    start("true");
    HandChannel kept = keep();
    begin();
    assertTrue(attempt.opened());
    lose(kept);
    assertTrue(attempt.repeats(sink.failure));
    assertEquals(1, stats.value(Metric.UPSTREAM_RETRIES, "lost"));
    sink.connection = null;
    attempt.begin();
    assertNull(sink.connection, "the second time it wants a connection of its own");
    HandChannel fresh = relay.connect();
    assertTrue(sink.sent);
    lose(fresh);
    assertFalse(attempt.repeats(sink.failure));
  }

  @Test
  void doesNotGoAgainOtherwise() throws Exception {
    start("false");
    HandChannel kept = keep();
    begin();
    attempt.opened();
    lose(kept);
    assertFalse(attempt.repeats(sink.failure));
  }

  @Test
  void cancelsAConnectionThatIsBeingMade() throws Exception {
    start("false");
    begin();
    relay.loop.runTasks();
    relay.name(0, true);
    relay.loop.runTasks();
    attempt.letGo();
    relay.loop.runTasks();
    assertFalse(relay.dialled.get(0).isOpen());
    assertNull(sink.connection);
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
    sink = new NotingSink();
    UpstreamRequest request =
        UpstreamRequest.route(
            new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/a"),
            relay.share.router(),
            relay.share.via());
    RequestBody upload = request.body(relay.alloc, relay.share);
    upload.accept(Unpooled.EMPTY_BUFFER, true);
    attempt = new Attempt(relay.share, request, upload, sink, sink);
    sink.attempt = attempt;
    attempt.begin();
  }

  /** A connection that has served one request and is kept. */
  private HandChannel keep() {
    begin();
    HandChannel upstream = relay.connect();
    attempt.opened();
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
