package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.loop.LoopSweep;
import dev.tailtap.rig.Rule;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The limits of time, at a clock of the test's own. */
class ExchangeTimeoutsTest {
  @Test
  @Rule(
      value = "Long thinking is no error: five minutes for the head and between reads, no total",
      source = "conf upstream.NAME.head-timeout")
  void waitsAsLongAsTheDefaultsSay() throws Exception {
    RelayConfig config = HandRelay.config(Map.of());
    LoopSweep sweep = new LoopSweep(0);
    LoopResources loop =
        new LoopResources(
            null, null, null, null, null, null, null, null, null, null, sweep, null, null, null,
            null, null, null);
    ExchangeTimeouts timeouts = new ExchangeTimeouts(loop, config);
    timeouts.attempt(config.upstreams().get("sim"));
    assertNull(timeouts.beforeHead(true, seconds(300)));
    assertEquals(Ending.HEAD_TIMEOUT, timeouts.beforeHead(true, seconds(301)));
    assertNull(timeouts.beforeHead(false, seconds(30)));
    assertEquals(Ending.REQUEST_STALLED, timeouts.beforeHead(false, seconds(31)));
    assertNull(timeouts.connecting(seconds(6)));
    assertEquals(Ending.CONNECT_TIMEOUT, timeouts.connecting(seconds(7)));
    assertNull(timeouts.total(seconds(1_000_000)));
    sweep.run(seconds(250));
    timeouts.moved();
    assertNull(timeouts.streaming(seconds(550)));
    assertEquals(Ending.IDLE_TIMEOUT, timeouts.streaming(seconds(551)));
    assertFalse(timeouts.beatDue(seconds(1_000)));
  }

  /** The response waits for its client, and the request, which goes on, for the response. */
  @Test
  void chargesNobodyWithTheTimeInWhichHeWasNotRead() throws Exception {
    RelayConfig config = HandRelay.config(Map.of("limits.request-time", "10s"));
    HandRelay relay =
        new HandRelay(config, new SimLedger(), 0, new Stats(), new TenantFingerprint(new byte[32]));
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/c/1");
    head.headers().set("Content-Length", 100);
    AdmittedRequest admitted = HandRequests.admit(relay, head);
    RequestBody body = RequestBody.of(relay.alloc, admitted, relay.resources);
    Attempts attempts = new Attempts(relay.resources, new HandClient(relay.alloc), admitted, body);
    ExchangeTimeouts timeouts = new ExchangeTimeouts(relay.resources, config);
    timeouts.attempt(relay.upstream.config());
    long now = relay.nanos();
    for (int second = 1; second <= 60; second++) {
      now = relay.nanos() + seconds(second);
      assertNull(timeouts.overdue(ExchangePhase.STREAMING, true, body, attempts, false, now));
    }
    now += seconds(1);
    assertNull(timeouts.overdue(ExchangePhase.STREAMING, false, body, attempts, true, now));
    assertEquals(
        Ending.REQUEST_TOO_SLOW,
        timeouts.overdue(ExchangePhase.STREAMING, false, body, attempts, true, now + seconds(10)));
  }

  private static long seconds(long seconds) {
    return TimeUnit.SECONDS.toNanos(seconds);
  }
}
