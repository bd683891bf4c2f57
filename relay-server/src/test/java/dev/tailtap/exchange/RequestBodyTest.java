package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.HandChannel;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
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
    RequestBody upload = upload(false, false);
    upload.attach(connection, -1);
    assertTrue(upload.accept(bytes("x".repeat(2000)), false));
    assertFalse(upload.takesMore());
    assertTrue(upload.accept(bytes("y"), true));
    connection.flush();
    upstream.take(3000);
    upload.pump();
    connection.flush();
    assertEquals("x".repeat(2000) + "y", text(upstream));
    assertTrue(upload.takesMore());
    upload.close();
    end(upstream);
  }

  @Test
  void framesInChunksWhatCameInChunks() {
    HandChannel upstream = lease();
    RequestBody upload = upload(false, true);
    upload.accept(bytes("ab"), false);
    upload.attach(connection, -1);
    upload.accept(bytes("c"), true);
    connection.flush();
    upstream.take(100);
    assertEquals("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", text(upstream));
    upload.close();
    end(upstream);
  }

  @Test
  void canBeSentAgainAsLongAsItIsSmall() {
    HandChannel upstream = lease();
    RequestBody upload = upload(false, false);
    upload.attach(connection, 4);
    upload.accept(bytes("abcd"), false);
    assertTrue(upload.repeatable());
    upload.accept(bytes("e"), true);
    assertFalse(upload.repeatable());
    upload.close();
    end(upstream);
  }

  @Test
  void isSentAgainFromItsStart() {
    HandChannel first = lease();
    RequestBody upload = upload(false, false);
    upload.attach(connection, 100);
    upload.accept(bytes("abcd"), false);
    upload.accept(bytes("ef"), true);
    upload.repeat();
    HandChannel second = lease();
    upload.attach(connection, -1);
    connection.flush();
    second.take(100);
    assertEquals("abcdef", text(second));
    upload.close();
    end(first);
    end(second);
  }

  @Test
  void isCollectedOnlyWhileItIsSmallEnough() {
    RequestBody upload = upload(true, true);
    upload.accept(bytes("x".repeat(900)), false);
    assertFalse(upload.ready());
    upload.accept(bytes("x".repeat(900)), false);
    assertTrue(upload.ready());
    assertTrue(upload.tooLarge());
    upload.close();
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void isRefusedOnceItIsTooLarge() {
    RequestBody upload = upload(false, true);
    assertTrue(upload.accept(bytes("x".repeat(4096)), false));
    assertFalse(upload.accept(bytes("x"), true));
    upload.close();
    assertEquals(0, relay.bufferBytes());
  }

  @Test
  void keepsWhatTheClientWroteUntilItsQuestionWasTaken() {
    RequestBody upload = upload(true, false);
    upload.accept(bytes("{\"model\":\"m\",\"stream\":true}"), true);
    assertTrue(upload.asked());
    assertTrue(upload.mayUnask());
    upload.taken();
    assertFalse(upload.mayUnask());
    upload.close();
    assertEquals(0, relay.bufferBytes());
  }

  private RequestBody upload(boolean collected, boolean chunked) {
    return new RequestBody(
        relay.alloc,
        relay.upstream,
        relay.share.config().limits(),
        relay.memory,
        new RequestBody.Plan(collected, chunked, true));
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
    connection = sink.connection;
    return channel;
  }

  private void end(HandChannel channel) {
    channel.close();
    relay.loop.runTasks();
  }

  private static String text(HandChannel channel) {
    return new String(channel.taken(), ISO_8859_1);
  }
}
