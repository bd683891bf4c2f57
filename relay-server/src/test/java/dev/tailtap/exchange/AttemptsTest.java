package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Caller;
import dev.tailtap.record.Identity;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The tries of a request at an upstream, and when there is another. */
class AttemptsTest {
  private static final Map<String, String> SEVERAL =
      Map.of(
          "upstream.other.url",
          "http://other.test:80",
          "upstream.other.dialect",
          "openai-chat",
          "route.sim.upstreams",
          "sim | other");

  private final Stats stats = new Stats();
  private HandRelay relay;
  private NotingSink sink;
  private SimLedger ledger;
  private HandClient client;
  private RequestBody body;
  private Attempts attempts;
  private int sent;
  private int calls;

  @Test
  void sendsOnceBothTheConnectionAndTheJournalAreReady() throws Exception {
    start("false");
    begin();
    assertNull(attempts.stream());
    HandChannel upstream = relay.connect();
    assertNotNull(attempts.stream());
    assertFalse(attempts.sent());
    assertEquals(0, upstream.takenBytes());
    journaled();
    assertEquals(1, sent);
    assertTrue(attempts.sent());
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /a/1 HTTP/1.1\r\n"));
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
    journaled();
    assertEquals(0, sent);
    HandChannel upstream = relay.connect();
    assertEquals(1, sent);
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /a/1 HTTP/1.1\r\n"));
  }

  @Test
  void goesAgainWhereNoByteCanHaveLeft() throws Exception {
    start("false");
    HandChannel kept = keep();
    begin();
    assertNotNull(attempts.stream());
    lose(kept);
    assertTrue(attempts.again(sink.failure, null));
    assertEquals(1, stats.value(Metric.UPSTREAM_RETRIES, "unsent"));
  }

  @Test
  void goesAgainOnceWhereSoConfigured() throws Exception {
    start("true");
    HandChannel kept = keep();
    begin();
    journaled();
    lose(kept);
    assertTrue(attempts.again(sink.failure, null));
    assertEquals(1, stats.value(Metric.UPSTREAM_RETRIES, "lost"));
    attempts.begin(sink, () -> sent++);
    assertNull(attempts.stream(), "the second time it wants a connection of its own");
    HandChannel fresh = relay.connect();
    assertTrue(attempts.sent());
    lose(fresh);
    assertFalse(attempts.again(sink.failure, null));
  }

  @Test
  void doesNotGoAgainOtherwise() throws Exception {
    start("false");
    HandChannel kept = keep();
    begin();
    journaled();
    lose(kept);
    assertFalse(attempts.again(sink.failure, null));
  }

  @Test
  void doesNotGoAgainWhereTheUpstreamHadBegunToAnswer() throws Exception {
    start("true");
    HandChannel kept = keep();
    begin();
    journaled();
    kept.arrive("HTTP/1.1 2".getBytes(ISO_8859_1));
    kept.read(1, 1000);
    lose(kept);
    assertFalse(attempts.again(sink.failure, null));
  }

  @Test
  void triesTheNextTargetWhereTheFirstCannotBeReached() throws Exception {
    start("false", SEVERAL);
    begin();
    String first = attempts.target().upstream().name();
    assertTrue(fails());
    assertNotEquals(first, attempts.target().upstream().name());
    attempts.begin(sink, () -> sent++);
    assertEquals(attempts.target().upstream().name(), ledger.reopened.upstream());
    assertEquals(1, ledger.reopened.attempt().number(), "no byte of the first has left");
    assertFalse(fails(), "each target is tried once");
    assertEquals(Map.of("sim", 0, "other", 1), active());
  }

  @Test
  void triesNoOtherTargetWhereItsRouteSaysSo() throws Exception {
    start("false", with(SEVERAL, "route.sim.tries", "1"));
    begin();
    assertFalse(fails());
  }

  /** The time in which the name of the first is looked for is over at once. */
  private boolean fails() {
    relay.name(0, false);
    relay.loop.runTasks();
    return attempts.again(sink.failure, null);
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
    start(retry, Map.of());
  }

  private void start(String retry, Map<String, String> settings) throws Exception {
    ledger = new SimLedger();
    relay =
        new HandRelay(
            HandRelay.config(with(settings, "upstream.sim.retry-reused", retry)),
            ledger,
            0,
            stats,
            new TenantFingerprint(new byte[32]));
  }

  private static Map<String, String> with(Map<String, String> settings, String key, String value) {
    Map<String, String> all = new HashMap<>(settings);
    all.put(key, value);
    return all;
  }

  private Map<String, Integer> active() {
    Map<String, Integer> active = new HashMap<>();
    relay.admission.byUpstream().forEach((name, gauge) -> active.put(name, gauge.active()));
    return active;
  }

  private void begin() {
    sink = new NotingSink();
    client = new HandClient(relay.alloc);
    HttpRequest head =
        new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/a/" + ++calls);
    AdmittedRequest admitted = HandRequests.admit(relay, head);
    body = RequestBody.of(relay.alloc, admitted, relay.resources);
    body.accept(Unpooled.EMPTY_BUFFER, true);
    attempts = new Attempts(relay.resources, client, admitted, body);
    CallRecorder.Subject subject =
        CallRecorder.Subject.of(
            admitted.request(), admitted.selection().route(), Identity.NONE, Caller.UNSAID, null);
    attempts.route(admitted.selection(), subject);
    attempts.begin(sink, () -> sent++);
  }

  private void journaled() {
    while (ledger.waits()) {
      ledger.callBack(new Random(1));
    }
    client.runTasks();
  }

  /** A connection that has served one request and is kept. */
  private HandChannel keep() {
    begin();
    HandChannel upstream = relay.connect();
    journaled();
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
