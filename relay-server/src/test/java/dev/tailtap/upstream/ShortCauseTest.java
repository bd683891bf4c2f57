package dev.tailtap.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.http1.ResponseFault;
import dev.tailtap.loop.ShortCause;
import io.netty.buffer.Unpooled;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of an upstream that failed: the rule, or a few words that are no secret. */
class ShortCauseTest {
  @Test
  void saysInAFewWordsWhatTheNetworkMeant() {
    assertEquals(
        "Connection refused",
        ShortCause.of(
            new ConnectException("finishConnect(..) failed: Connection refused: a/10.0.0.1:443")));
    assertEquals("No route to host", ShortCause.of(new IOException("No route to host")));
    assertEquals("unknown name", ShortCause.of(new UnknownHostException("p.test")));
    assertEquals("no connection in time", ShortCause.of(new ConnectTimeoutException("x")));
    assertEquals(
        "TLS alert handshake_failure",
        ShortCause.of(new SSLHandshakeException("Received fatal alert: handshake_failure")));
    assertEquals(
        "TLS alert protocol_version",
        ShortCause.of(new SSLHandshakeException("error:1:SSL:TLSV1_ALERT_PROTOCOL_VERSION")));
    assertTrue(ShortCause.isReset(new IOException("recvAddress: Connection reset by peer")));
  }

  @Test
  void noByteThatCameIsInACause() {
    assertEquals(
        "it does not speak TLS", ShortCause.of(new NotSslRecordException("not TLS: 736b2d31")));
    assertEquals("IOException", ShortCause.of(new IOException("sk-secret-of-somebody")));
  }

  @ParameterizedTest
  @CsvSource({
    "garbage||, STATUS_LINE",
    "HTTP/1.1 200 O\u0001K||, STATUS_LINE",
    "HTTP/2.0 200 OK||, VERSION",
    "HTTP/1.1 two hundred||, STATUS_CODE",
    "HTTP/1.1 099 Low||, STATUS_CODE",
    "HTTP/1.1 200 OK|X(: y||, FIELD_NAME",
    "HTTP/1.1 200 OK|X: y\u000bz||, FIELD_VALUE",
    "HTTP/1.1 200 OK|X: LONG||, HEAD_TOO_LARGE",
    "HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 6||, LENGTH",
    "HTTP/1.1 200 OK|Content-Length: +5||, LENGTH",
    "HTTP/1.1 200 OK|Transfer-Encoding: gzip||, CODING",
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked|Content-Length: 5||, LENGTH_AND_CODING",
    "HTTP/1.1 101 Go|Upgrade: x||, SWITCHING",
  })
  void saysWhichRuleAHeadBreaks(String head, ResponseFault rule) {
    EmbeddedChannel channel = new EmbeddedChannel(new ResponseHeadDecoder());
    String text = head.replace("|", "\r\n").replace("LONG", "x".repeat(70_000));
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
    HttpResponse response = channel.readInbound();
    assertEquals(rule, ResponseHeadDecoder.fault(HttpMethod.GET, response));
    ReferenceCountUtil.release(response);
    channel.finishAndReleaseAll();
  }
}
