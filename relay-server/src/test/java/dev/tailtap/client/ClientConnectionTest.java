package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.exchange.HandRelay;
import dev.tailtap.exchange.SimLedger;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client's connection without a socket, with a clock of the test's own. */
class ClientConnectionTest {
  private static final String GET = "GET /c/1 HTTP/1.1\r\nHost: r\r\n\r\n";
  private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

  private final SimLedger ledger = new SimLedger();
  private HandRelay relay;
  private HandChannel client;

  @BeforeEach
  void start() throws Exception {
    relay =
        new HandRelay(
            HandRelay.config(Map.of("limits.head-timeout", "3s", "limits.client-idle", "60s")),
            ledger,
            0,
            new Stats(),
            new TenantFingerprint(new byte[32]));
    client = HandClients.connect(relay, "10.0.0.1");
  }

  @Test
  void servesOneRequestAfterTheOther() {
    send(GET);
    serve(relay.connect(), ANSWER);
    send(GET.replace("/c/1", "/c/2"));
    relay.loop.runTasks();
    serve(relay.dialled.get(0), ANSWER);
    client.take(10_000);
    assertTrue(text(client).matches("(?s)(HTTP/1.1 200 OK.*?hi){2}"), text(client));
    assertEquals(0, relay.admission.all().active());
  }

  @Test
  void readsNoFurtherWhileARequestWaitsForItsTurn() {
    send(GET + GET.replace("/c/1", "/c/2"));
    assertFalse(client.config().isAutoRead());
    HandChannel upstream = relay.connect();
    client.take(10_000);
    serve(upstream, ANSWER);
    assertTrue(client.config().isAutoRead());
    assertEquals(1, relay.admission.all().active());
  }

  /** The end of a refused body is no beginning of a head. */
  @Test
  void keepsAConnectionWhoseRefusedBodyCameLater() {
    ledger.full = true;
    send("PUT /c/1 HTTP/1.1\r\nHost: r\r\nContent-Length: 4\r\n\r\n");
    send("body");
    client.take(10_000);
    assertTrue(text(client).startsWith("HTTP/1.1 503 "), text(client));
    for (int i = 0; i < 40; i++) {
      relay.sweep();
    }
    assertTrue(client.isOpen());
    assertFalse(text(client).contains("408"), text(client));
  }

  @Test
  void endsWithTheRefusalOfWhatIsAskedWhileTheRelayDrains() {
    relay.admitsLater = true;
    send(GET);
    relay.admission.drain();
    relay.waiting.remove(0).run();
    relay.loop.runTasks();
    client.take(10_000);
    assertTrue(text(client).startsWith("HTTP/1.1 503 "), text(client));
    assertTrue(text(client).toLowerCase(Locale.ROOT).contains("connection: close"), text(client));
    assertTrue(client.endedInOrder());
  }

  @Test
  void letsTheEndOfAnAnswerBeTakenWhenTheRelayStops() {
    send(GET);
    client.take(10);
    serve(relay.connect(), ANSWER);
    relay.sweep.shutdown(false);
    relay.loop.runTasks();
    client.take(10_000);
    assertTrue(text(client).endsWith("hi"), text(client));
    assertTrue(client.endedInOrder());
  }

  /** A plain close would be the proper end of what it has not got whole. */
  @Test
  void resetsAnAnswerThatEndsByClosingWhenTheRelayStopsAtOnce() {
    send(GET);
    client.take(60);
    HandChannel upstream = relay.connect();
    serve(upstream, "HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(200));
    upstream.end();
    upstream.read(1, 1);
    relay.loop.runTasks();
    callBack();
    relay.sweep.shutdown(true);
    relay.loop.runTasks();
    assertFalse(client.isOpen());
    assertFalse(client.endedInOrder());
  }

  @Test
  void isNotShedWhileSomethingWaitsForIt() {
    send(GET);
    client.take(10);
    serve(relay.connect(), ANSWER);
    for (int i = 0; i < 4; i++) {
      relay.sweep();
    }
    relay.sweep.shed(16);
    assertTrue(client.isOpen());
    client.take(10_000);
    for (int i = 0; i < 4; i++) {
      relay.sweep();
    }
    relay.sweep.shed(16);
    assertFalse(client.isOpen());
    assertTrue(text(client).endsWith("hi"), text(client));
  }

  @Test
  void readsNoBodyBeforeItIsAdmitted() {
    relay.admitsLater = true;
    send("PUT /c/1 HTTP/1.1\r\nHost: r\r\nContent-Length: 4\r\n\r\nbo");
    assertFalse(client.config().isAutoRead());
    for (int i = 0; i < 40; i++) {
      relay.sweep();
    }
    assertTrue(client.isOpen());
    relay.waiting.remove(0).run();
    HandChannel upstream = relay.connect();
    callBack();
    send("dy");
    assertTrue(text(upstream).endsWith("\r\n\r\nbody"), text(upstream));
  }

  @Test
  void givesThePermitBackOfAClientThatLeftBeforeItCame() {
    relay.admitsLater = true;
    send(GET);
    client.close();
    relay.loop.runTasks();
    relay.waiting.remove(0).run();
    assertEquals(0, relay.admission.all().active());
    assertEquals(0, ledger.reserved);
    assertTrue(relay.dialled.isEmpty());
  }

  @Test
  void refusesLaterToo() {
    relay.admitsLater = true;
    send(GET);
    ledger.full = true;
    relay.waiting.remove(0).run();
    relay.loop.runTasks();
    client.take(10_000);
    assertTrue(text(client).startsWith("HTTP/1.1 503 "), text(client));
    assertTrue(client.isOpen());
  }

  @Test
  void holdsNothingForAClientThatLeft() {
    send("POST /c/1 HTTP/1.1\r\nHost: r\r\nContent-Length: 4000\r\n\r\n" + "x".repeat(2000));
    client.vanish(true);
    client.read(1, 100);
    relay.loop.runTasks();
    assertFalse(client.isOpen());
    assertEquals(0, relay.admission.all().active());
    assertEquals(0, relay.memory.held());
    assertEquals(0, relay.bufferBytes());
  }

  private void send(String text) {
    client.arrive(text.getBytes(ISO_8859_1));
    client.read(4, 10_000);
    relay.loop.runTasks();
    callBack();
  }

  private void serve(HandChannel upstream, String answer) {
    callBack();
    upstream.arrive(answer.getBytes(ISO_8859_1));
    upstream.read(4, 10_000);
    callBack();
  }

  private void callBack() {
    while (ledger.waits()) {
      ledger.callBack(new Random(0));
      relay.loop.runTasks();
    }
  }

  private static String text(HandChannel channel) {
    return new String(channel.taken(), ISO_8859_1);
  }
}
