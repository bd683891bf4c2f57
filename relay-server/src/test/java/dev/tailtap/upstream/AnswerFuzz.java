package dev.tailtap.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tailtap.http1.HeadWriter;
import dev.tailtap.http1.HeaderRules;
import dev.tailtap.http1.ResponseRules;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import java.util.List;

/**
 * No head of an upstream makes the decoder throw, means something else when it is cut, or makes the
 * relay write a head that is not one head. The first byte of an input says how the rest is cut.
 */
class AnswerFuzz {
  @FuzzTest(maxDuration = "2m")
  void responseHead(byte[] input) {
    String text = input.length == 0 ? "" : new String(input, 1, input.length - 1, ISO_8859_1);
    int step = input.length == 0 ? 1 : 1 + (input[0] & 0x0F);
    String whole = forwarded(text, Math.max(1, text.length()));
    assertEquals(whole, forwarded(text, step));
    if (whole != null) {
      assertTrue(whole.endsWith("\r\n\r\n") && whole.indexOf("\r\n\r\n") == whole.length() - 4);
      for (String line : List.of(whole.split("\r\n", -1))) {
        assertTrue(line.chars().noneMatch(c -> c == '\r' || c == '\n' || c == 0), line);
      }
    }
  }

  /** The head as a client would get it; null if there is none, or it is refused. */
  private static String forwarded(String text, int step) {
    ResponseHeadDecoder decoder = new ResponseHeadDecoder();
    EmbeddedChannel channel = new EmbeddedChannel(decoder);
    HttpResponse head = null;
    for (int i = 0; i < text.length() && head == null; i += step) {
      String part = text.substring(i, Math.min(text.length(), i + step));
      channel.writeInbound(Unpooled.copiedBuffer(part, ISO_8859_1));
      head = channel.readInbound();
    }
    channel.finish();
    ReferenceCountUtil.release(head);
    for (Object rest = channel.readInbound(); rest != null; rest = channel.readInbound()) {
      ReferenceCountUtil.release(rest);
    }
    if (head == null || ResponseHeadDecoder.fault(HttpMethod.GET, head) != null) {
      return null;
    }
    ResponseRules.mend(head);
    assertNotNull(ResponseRules.framing(HttpMethod.GET, head));
    ByteBuf out =
        HeadWriter.response(UnpooledByteBufAllocator.DEFAULT, head.status())
            .fields(head.headers(), HeaderRules.droppedFromResponse(head.headers(), false))
            .end();
    String written = out.toString(ISO_8859_1);
    out.release();
    return written;
  }
}
