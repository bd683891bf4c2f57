package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An exchange whose limits answer later than they are asked, on its loop. */
class LateLimitsTest {
  private static final String BODY = "{\"model\":\"m\"}";
  private static final Map<String, String> LIMITS =
      Map.of("limit.a.per", "model", "limit.a.requests", "1/h", "limit.a.streams", "1");

  private final SimLedger ledger = new SimLedger();
  private HandRelay relay;
  private HandClient client;

  private Exchange begin() {
    client = new HandClient(relay.alloc);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/c/1");
    head.headers().set("Content-Length", BODY.length());
    Exchange exchange =
        new Exchange(relay.resources, client, HandRequests.admitByBody(relay, head));
    exchange.begin();
    exchange.requestBody(ByteBufUtil.writeAscii(relay.alloc, BODY), true);
    return exchange;
  }

  private void make() throws Exception {
    relay =
        new HandRelay(
            HandRelay.config(LIMITS), ledger, 0, new Stats(), new TenantFingerprint(new byte[32]));
    relay.limitsLater = true;
  }

  private void answer() {
    List<Runnable> now = List.copyOf(relay.waiting);
    relay.waiting.clear();
    now.forEach(Runnable::run);
    relay.loop.runTasks();
  }

  private double inside() {
    return relay.limits.states(null, 1).get(0).fullest().get(0).streams().used();
  }

  @Test
  void goesOnWhenItIsAdmittedAndIsRefusedWhenItIsNot() throws Exception {
    make();
    Exchange first = begin();
    relay.loop.runTasks();
    assertEquals(0, relay.namesSought());
    answer();
    assertEquals(1, relay.namesSought());
    assertEquals(1, inside());
    begin();
    answer();
    assertEquals(List.of("refused STREAMS_LIMIT for 1"), client.told);
    assertEquals(1, relay.admission.all().active());
    first.clientGone();
    assertEquals(0, inside());
    assertEquals(0, relay.admission.all().active());
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void takesNothingForAClientThatHasLeftMeanwhile() throws Exception {
    make();
    Exchange exchange = begin();
    exchange.clientGone();
    assertEquals(0, relay.admission.all().active());
    answer();
    assertEquals(0, inside());
    assertEquals(0, relay.namesSought());
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void aSecondModelThatComesWhileLimitsAreAskedIsRefused() throws Exception {
    make();
    String first = "{\"model\":\"m\"";
    String second = ",\"model\":\"n\"}";
    client = new HandClient(relay.alloc);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/c/1");
    head.headers().set("Content-Length", first.length() + second.length());
    Exchange exchange =
        new Exchange(relay.resources, client, HandRequests.admitByBody(relay, head));
    exchange.begin();
    exchange.requestBody(ByteBufUtil.writeAscii(relay.alloc, first), false);
    assertEquals(1, relay.waiting.size());
    exchange.requestBody(ByteBufUtil.writeAscii(relay.alloc, second), true);
    answer();
    assertEquals(0, relay.namesSought());
    assertEquals(List.of("refused TWO_MODELS for 1"), client.told);
    assertEquals(0, inside());
    assertEquals(0, relay.admission.all().active());
    assertEquals(0, relay.bufferBytes());
  }
}
