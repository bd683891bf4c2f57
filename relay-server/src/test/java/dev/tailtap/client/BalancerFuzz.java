package dev.tailtap.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tailtap.config.Networks;
import dev.tailtap.limits.ClientNetwork;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** What balancers say, and whoever passes for one: nothing of it throws, however it is cut. */
class BalancerFuzz {
  private static final Networks TRUSTED = new Networks(List.of(new Networks.Network(0, 0, 0)));
  private static final ClientNetwork PEER = ClientNetwork.of(new byte[4]);

  /** The first byte says how the rest is cut. */
  @FuzzTest(maxDuration = "2m")
  void proxyHeader(byte[] input) {
    if (input.length == 0) {
      return;
    }
    ProxyHeader whole = new ProxyHeader();
    ByteBuf all = Unpooled.wrappedBuffer(input, 1, input.length - 1);
    ProxyHeader.State expected = whole.read(all);
    ProxyHeader cut = new ProxyHeader();
    ProxyHeader.State state = ProxyHeader.State.READING;
    int step = 1 + (input[0] & 0x3f);
    int at = 1;
    while (at < input.length && state == ProxyHeader.State.READING) {
      ByteBuf piece = Unpooled.wrappedBuffer(input, at, Math.min(step, input.length - at));
      state = cut.read(piece);
      at += piece.readerIndex();
      assertTrue(state != ProxyHeader.State.READING || !piece.isReadable(), "bytes were left");
    }
    assertEquals(expected, state);
    assertEquals(all.readerIndex(), at - 1);
    assertArrayEquals(whole.source(), cut.source());
  }

  @FuzzTest(maxDuration = "2m")
  void forwardedFor(byte[] input) {
    HttpHeaders fields =
        DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    String text = new String(input, ISO_8859_1).replaceAll("[\\x00-\\x08\\x0a-\\x1f\\x7f]", ".");
    for (String value : text.split("\\|", -1)) {
      fields.add("x-forwarded-for", value);
    }
    ClientNetwork client = ForwardedFor.client(fields, TRUSTED, PEER);
    assertEquals(client, ForwardedFor.client(fields, TRUSTED, PEER));
  }
}
