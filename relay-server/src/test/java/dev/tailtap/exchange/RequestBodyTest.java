package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.rig.HandChannel;
import dev.tailtap.route.Target;
import dev.tailtap.route.TenantFingerprint;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.UpstreamStream;
import dev.tailtap.usage.RequestTap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request body on its way to a connection that takes as much as the test says. */
class RequestBodyTest {
  private HandRelay relay;
  private UpstreamStream connection;

  @BeforeEach
  void start() throws Exception {
    relay =
        new HandRelay(
            HandRelay.config(Map.of("limits.request-body", "4KiB", "limits.held-body", "1KiB")),
            new SimLedger(),
            0,
            new Stats(),
            new TenantFingerprint(new byte[32]));
  }

  @Test
  void sendsNoMoreThanTheUpstreamTakes() {
    HandChannel upstream = lease();
    RequestBody body = body(false, false);
    attach(body, -1);
    assertTrue(body.accept(bytes("x".repeat(2000)), false));
    assertFalse(body.takesMore());
    assertTrue(body.accept(bytes("y"), true));
    connection.flush();
    upstream.take(3000);
    body.pump();
    connection.flush();
    assertEquals("x".repeat(2000) + "y", text(upstream));
    assertTrue(body.takesMore());
    body.close();
    end(upstream);
  }

  @Test
  void framesInChunksWhatCameInChunks() {
    HandChannel upstream = lease();
    RequestBody body = body(false, true);
    body.accept(bytes("ab"), false);
    attach(body, -1);
    body.accept(bytes("c"), true);
    connection.flush();
    upstream.take(100);
    assertEquals("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", text(upstream));
    body.close();
    end(upstream);
  }

  @Test
  void canBeSentAgainAsLongAsItIsSmall() {
    HandChannel upstream = lease();
    RequestBody body = body(false, false);
    attach(body, 4);
    body.accept(bytes("abcd"), false);
    assertTrue(body.repeatable());
    body.accept(bytes("e"), true);
    assertFalse(body.repeatable());
    body.close();
    end(upstream);
  }

  @Test
  void isSentAgainFromItsStart() {
    HandChannel first = lease();
    RequestBody body = body(false, false);
    attach(body, 100);
    body.accept(bytes("abcd"), false);
    body.accept(bytes("ef"), true);
    body.repeat();
    HandChannel second = lease();
    attach(body, -1);
    connection.flush();
    second.take(100);
    assertEquals("abcdef", text(second));
    body.close();
    end(first);
    end(second);
  }

  /** It may wait for long until there is somebody to send it to. */
  @Test
  void keepsItsRoomUntilItIsSentAgain() {
    HandChannel first = lease();
    RequestBody body = body(false, false);
    attach(body, 100);
    body.accept(bytes("abcdef"), true);
    body.repeat();
    assertEquals(6, relay.admission.replays().held());
    HandChannel second = lease();
    attach(body, 100);
    assertEquals(6, relay.admission.replays().held());
    body.close();
    assertEquals(0, relay.admission.replays().held());
    end(first);
    end(second);
  }

  /** A slice of what was read would keep a chunk of the pool, among many that are let go. */
  @Test
  void keepsNothingOfWhatItWasReadInto() {
    HandChannel upstream = lease();
    upstream.take(10_000);
    RequestBody body = body(false, true);
    attach(body, 10_000);
    ByteBuf read = bytes("x".repeat(3_000));
    body.accept(read, true);
    connection.flush();
    upstream.take(10_000);
    assertEquals(0, read.refCnt());
    assertTrue(body.repeatable());
    assertEquals(3_000, relay.admission.replays().held());
    body.close();
    end(upstream);
  }

  @Test
  void isCollectedOnlyWhileItIsSmallEnough() {
    RequestBody body = body(true, true);
    body.accept(bytes("x".repeat(900)), false);
    assertFalse(body.ready());
    body.accept(bytes("x".repeat(900)), false);
    assertTrue(body.ready());
    body.aim(relay.upstream);
    assertEquals(BodyEdits.UsageOption.TOO_LARGE, body.edits().usageOption());
    body.close();
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void isRefusedOnceItIsTooLarge() {
    RequestBody body = body(false, true);
    assertTrue(body.accept(bytes("x".repeat(4096)), false));
    assertFalse(body.accept(bytes("x"), true));
    body.close();
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void letsGoWhatComesOnceItsUpstreamIsLetGo() {
    HandChannel upstream = lease();
    RequestBody body = body(false, true);
    attach(body, 100);
    body.accept(bytes("ab"), false);
    body.close();
    body.accept(bytes("cd"), true);
    assertEquals(0, body.heldBytes());
    assertTrue(body.complete());
    end(upstream);
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void keepsWhatTheClientWroteUntilItsQuestionWasTaken() {
    RequestBody body = body(true, false);
    body.accept(bytes("{\"model\":\"m\",\"stream\":true}"), true);
    body.aim(relay.upstream);
    assertEquals(BodyEdits.UsageOption.ADDED, body.edits().usageOption());
    assertTrue(body.mayDropUsageOption());
    body.taken();
    assertFalse(body.mayDropUsageOption());
    body.close();
    assertEquals(0, relay.bufferBytes());
  }

  private RequestBody body(boolean collected, boolean chunked) {
    RequestTap tap = new RequestTap("/c/1", "application/json", null, true, relay.alloc);
    RequestBody body =
        new RequestBody(
            relay.alloc,
            relay.generation.config().limits(),
            relay.memory,
            relay.admission.replays(),
            framing(chunked),
            tap);
    if (collected) {
      body.edits().mayAsk();
      body.hold(RequestBody.Hold.WHOLE);
    }
    return body;
  }

  private static BodyFraming framing(boolean chunked) {
    return chunked ? BodyFraming.CHUNKED : new BodyFraming(BodyFraming.Kind.LENGTH, 1);
  }

  /** Behind a head, of which no more is to be seen. */
  private void attach(RequestBody body, long repeatable) {
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/c/1");
    ClientRequest request = ClientRequest.of(head, relay.resources.via());
    Target target = relay.generation.router().match(null, "/c/1").route(null).target(0);
    connection.head(request.head(target, "", body.framing(), null, null));
    connection.flush();
    HandChannel upstream = relay.dialled.get(relay.dialled.size() - 1);
    while (!new String(upstream.taken(), ISO_8859_1).endsWith("\r\n\r\n")) {
      upstream.take(1);
    }
    body.attach(connection, repeatable);
  }

  private ByteBuf bytes(String text) {
    return ByteBufUtil.writeAscii(relay.alloc, text);
  }

  private HandChannel lease() {
    NotingSink sink = new NotingSink();
    relay.pool.lease(relay.upstream, sink, true);
    relay.loop.runTasks();
    relay.name(0, true);
    relay.loop.runTasks();
    HandChannel channel = relay.dialled.get(relay.dialled.size() - 1);
    channel.connect();
    relay.loop.runTasks();
    connection = sink.stream;
    return channel;
  }

  private void end(HandChannel channel) {
    channel.close();
    relay.loop.runTasks();
  }

  private static String text(HandChannel channel) {
    String all = new String(channel.taken(), ISO_8859_1);
    return all.substring(all.indexOf("\r\n\r\n") + 4);
  }
}
