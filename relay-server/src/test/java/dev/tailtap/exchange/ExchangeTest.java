package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Outcome;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.rig.Rule;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** An exchange between a client, an upstream, a ledger and a clock that the test plays. */
class ExchangeTest {
  private static final String QUESTION = "{\"model\":\"m\",\"stream\":true}";
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 12\r\n\r\n";

  private final SimLedger ledger = new SimLedger();
  private final Stats stats = new Stats();
  private HandRelay relay;
  private HandClient client;
  private Exchange exchange;

  @Test
  void sendsNothingBeforeItsBeginningIsWritten() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of());
    assertEquals(0, upstream.takenBytes());
    opened();
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /c/1 HTTP/1.1\r\n"));
  }

  @Test
  void sendsAtOnceWhereItsBeginningIsStaged() throws Exception {
    ledger.stages = true;
    HandChannel upstream = call(HttpMethod.GET, "", Map.of());
    assertTrue(new String(upstream.taken(), ISO_8859_1).startsWith("GET /c/1 HTTP/1.1\r\n"));
    assertFalse(ledger.waits());
  }

  @Test
  void givesTheEndWhenTheRecordIsDurable() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of());
    opened();
    say(upstream, HEAD + "data: 1\n\n\n\n\n");
    assertEquals(List.of("head 200"), client.told);
    assertEquals(1, relay.admission.all().active());
    durable();
    assertEquals(List.of("head 200", "end", "closed", "over COMPLETED"), client.told);
    assertEquals(0, relay.admission.all().active());
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void givesTheEndOfALateRecordAfterItsTime() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of("usage.settle-timeout", "1s"));
    opened();
    say(upstream, HEAD + "data: 1\n\n\n\n\n");
    pass(4);
    assertFalse(client.told.contains("end"));
    pass(2);
    assertTrue(client.told.contains("end"));
    assertEquals(1, stats.value(Metric.SETTLE_TIMEOUTS));
    durable(); // and that is too late to matter
    assertEquals(0, relay.admission.all().active());
  }

  @Test
  void cutsWhereTheRecordMayBeLost() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of("usage.settle-timeout", "1s"));
    opened();
    say(upstream, HEAD + "data: 1\n\n\n\n\n");
    ledger.safe = false;
    pass(6);
    assertEquals(List.of("head 200", "closed", "over CUT"), client.told);
  }

  @Test
  void stopsItsUpstreamWhileItsClientTakesNothing() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of());
    opened();
    say(upstream, HEAD + "data");
    exchange.clientWritable(false);
    say(upstream, ": 1\n\n\n\n\n");
    assertEquals("data", client.body.toString());
    exchange.clientWritable(true);
    upstream.read(1, 100);
    assertEquals("data: 1\n\n\n\n\n", client.body.toString());
  }

  @Test
  void drainsForTheRecordAloneAndTellsItsClientNothing() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of("usage.on-client-abort", "drain"));
    opened();
    say(upstream, HEAD + "data");
    exchange.clientGone();
    say(upstream, ": 1\n\n\n\n\n");
    assertEquals(List.of("head 200", "closed"), client.told);
    assertEquals(Outcome.CLIENT_GONE, ledger.rows.get(1).end().outcome());
    assertEquals(12, ledger.rows.get(1).response().bytes());
    assertEquals(0, relay.admission.all().active());
    assertEquals(0, relay.bufferBytes());
  }

  /** Nothing is sent again for nobody, so there was nothing left to send. */
  @Test
  void doesNotTakeItsQuestionBackForAClientThatLeft() throws Exception {
    HandChannel upstream =
        call(HttpMethod.POST, QUESTION, Map.of("usage.on-client-abort", "drain"));
    opened();
    exchange.clientGone();
    say(upstream, "HTTP/1.1 400 No\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
    assertEquals(Outcome.CLIENT_GONE, ledger.rows.get(1).end().outcome());
    assertEquals(400, ledger.rows.get(1).response().status());
    assertEquals(0, relay.admission.all().active());
    assertTrue(upstream.isOpen(), "a whole answer was taken for a failure");
  }

  /**
   * What was still to be sent fails with the close, which is the end of the answer all the same.
   */
  @Test
  void takesAnAnswerForWholeThatEndsByClosingBeforeTheRequestWasTaken() throws Exception {
    HandChannel upstream = call(HttpMethod.PUT, "x".repeat(4000), Map.of());
    upstream.untake();
    opened();
    upstream.arrive("HTTP/1.1 200 OK\r\n\r\nearly".getBytes(ISO_8859_1));
    upstream.end();
    say(upstream, "");
    durable();
    assertEquals("early", client.body.toString());
    assertEquals("over COMPLETED", client.told.get(client.told.size() - 1));
  }

  @Test
  void flushesAnInterimAnswerBeforeItTakesItsQuestionBack() throws Exception {
    HandChannel upstream = call(HttpMethod.POST, QUESTION, Map.of());
    opened();
    say(upstream, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
    assertEquals(List.of("interim 103", "flush"), client.told);
  }

  @Test
  void takesItsQuestionBackOnce() throws Exception {
    HandChannel first = call(HttpMethod.POST, QUESTION, Map.of());
    opened();
    assertTrue(new String(first.taken(), ISO_8859_1).contains("include_usage"));
    say(first, "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\n");
    HandChannel second = relay.connect();
    assertFalse(first.isOpen());
    assertTrue(new String(second.taken(), ISO_8859_1).endsWith(QUESTION));
    say(second, "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno");
    durable();
    assertEquals("over UPSTREAM_ERROR", client.told.get(client.told.size() - 1));
  }

  @Test
  void endsOnceWhoeverEndsIt() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of());
    opened();
    say(upstream, HEAD + "da");
    exchange.abort(Ending.CLIENT_STALLED);
    exchange.abort(Ending.OVERLOADED);
    exchange.shutdown(true);
    assertEquals(List.of("head 200", "closed", "over CLIENT_STALLED"), client.told);
    assertEquals(1, ledger.rows.size());
    assertFalse(upstream.isOpen());
    assertEquals(0, relay.admission.all().active());
  }

  @Test
  void leavesNoConnectionBehindThatIsBeingMade() throws Exception {
    start(HttpMethod.GET, "", Map.of());
    relay.loop.runTasks();
    relay.name(0, true);
    relay.loop.runTasks();
    exchange.clientGone();
    relay.loop.runTasks();
    assertFalse(relay.dialled.get(0).isOpen());
    assertEquals(Outcome.CLIENT_GONE, ledger.rows.get(1).end().outcome());
  }

  @Test
  void beatsOnlyBetweenTheEventsOfAStreamThatIsTaken() throws Exception {
    HandChannel upstream = call(HttpMethod.GET, "", Map.of("upstream.sim.heartbeat", "1s"));
    opened();
    say(upstream, HEAD + "data");
    pass(5);
    assertEquals(List.of("head 200", "beat"), client.told);
    exchange.clientWritable(false);
    pass(10);
    assertEquals(List.of("head 200", "beat"), client.told);
  }

  @Test
  @Rule(
      value = "What the upstream does not take is no slowness of the client's",
      source = "conf limits.request-time")
  void chargesItsClientOnlyWithTheTimeInWhichItListens() throws Exception {
    Map<String, String> settings =
        Map.of("limits.request-time", "2s", "limits.request-rate", "1GiB");
    begin(HttpMethod.PUT, 8000, settings);
    HandChannel upstream = relay.connect();
    upstream.untake();
    opened();
    exchange.requestBody(ByteBufUtil.writeAscii(relay.alloc, "x".repeat(4000)), false);
    exchange.requestReadComplete();
    assertFalse(client.reading);
    pass(80);
    assertEquals(List.of(), client.told);
    upstream.take(10_000);
    relay.loop.runTasks();
    assertTrue(client.reading);
    pass(7);
    assertEquals(List.of(), client.told);
    pass(4);
    assertEquals(List.of(), client.told, "its record is not durable yet");
    durable();
    assertEquals(List.of("over REQUEST_TOO_SLOW without a head"), client.told);
  }

  @Test
  void knowsItsArrows() {
    assertTrue(ExchangePhase.CALLING.leadsTo(ExchangePhase.CALLING));
    assertFalse(ExchangePhase.DRAINING.leadsTo(ExchangePhase.STREAMING));
    for (ExchangePhase next : ExchangePhase.values()) {
      assertFalse(ExchangePhase.OVER.leadsTo(next));
    }
  }

  private HandChannel call(HttpMethod method, String body, Map<String, String> settings)
      throws Exception {
    start(method, body, settings);
    return relay.connect();
  }

  private void start(HttpMethod method, String body, Map<String, String> settings)
      throws Exception {
    begin(method, body.length(), settings);
    exchange.requestBody(
        body.isEmpty() ? Unpooled.EMPTY_BUFFER : ByteBufUtil.writeAscii(relay.alloc, body), true);
  }

  private void begin(HttpMethod method, int length, Map<String, String> settings) throws Exception {
    relay =
        new HandRelay(
            HandRelay.config(settings), ledger, 0, stats, new TenantFingerprint(new byte[32]));
    client = new HandClient(relay.alloc);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, "/c/1");
    if (length > 0) {
      head.headers().set("Content-Length", length);
    }
    exchange = new Exchange(relay.resources, client, HandRequests.admit(relay, head));
    exchange.begin();
  }

  private void opened() {
    ledger.callBack(new Random(0));
    client.runTasks();
    relay.loop.runTasks();
  }

  private void durable() {
    opened();
  }

  private void say(HandChannel upstream, String text) {
    upstream.arrive(text.getBytes(ISO_8859_1));
    upstream.read(4, 10_000);
    relay.loop.runTasks();
  }

  private void pass(int sweeps) {
    for (int i = 0; i < sweeps; i++) {
      relay.sweep();
    }
  }
}
