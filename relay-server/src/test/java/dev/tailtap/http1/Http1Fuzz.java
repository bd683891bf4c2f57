package dev.tailtap.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;

/**
 * No bytes of a stranger get past the decoder that a second parser reads otherwise, however they
 * are cut; and none makes it throw or keep a buffer. The first byte of an input says how the rest
 * is cut.
 */
class Http1Fuzz {
  private static final int MOST = 4096; // the second parser knows no limits, so none is reached

  /** What a connection said: whole requests, the beginning of one, and whether it ended badly. */
  private record Said(List<String> requests, String unfinished, RequestFault fault) {}

  @FuzzTest(maxDuration = "2m")
  void requestHead(byte[] input) {
    String text = text(input);
    Said whole = decode(text, Math.max(1, text.length()));
    assertEquals(whole, decode(text, step(input)));
    RequestFault fault = whole.fault();
    if (fault != null && isOfPartsAmongEachOther(fault)) {
      return; // the plain parser knows the grammar and the framing, not these
    }
    PlainParser.Reading plain = PlainParser.read(text);
    assertEquals(plain.requests(), whole.requests());
    assertTrue(!plain.bad() || fault != null, "only the plain parser refuses");
  }

  @FuzzTest(maxDuration = "2m")
  void chunkScanner(byte[] input) {
    String text = text(input);
    chunks(text, step(input), false);
    chunks(text, step(input), true);
  }

  private static void chunks(String text, int step, boolean forgiving) {
    PlainParser.Chunks whole = scan(text, Math.max(1, text.length()), forgiving);
    assertEquals(whole, scan(text, step, forgiving));
    PlainParser.Chunks plain = PlainParser.chunks(text, forgiving);
    if (whole.end() >= 0 || plain.end() >= 0) {
      assertEquals(plain, whole);
    } else {
      assertTrue(plain.payload().startsWith(whole.payload()), "payload that is none");
      assertTrue(plain.end() != -2 || whole.end() == -2, "only the plain parser refuses");
    }
  }

  /** Whatever a path says, what decides about it has no dot segment and nothing left to decode. */
  @FuzzTest(maxDuration = "2m")
  void normalPath(byte[] input) {
    String path = "/" + text(input);
    NormalPath normal = NormalPath.of(path);
    assertTrue((normal.text() == null) != (normal.fault() == null));
    if (normal.text() == null) {
      return;
    }
    assertEquals(normal, NormalPath.of(normal.text()));
    assertTrue(normal.text().startsWith("/") && normal.text().indexOf('\\') < 0);
    for (String segment : normal.text().substring(1).split("/", -1)) {
      assertFalse(segment.strip().equals(".") || segment.strip().equals(".."), normal.text());
    }
    assertFalse(normal.text().contains("//"));
  }

  private static boolean isOfPartsAmongEachOther(RequestFault fault) {
    return switch (fault) {
      case TARGET_FORM,
          TARGET_BYTE,
          DOT_SEGMENT,
          ESCAPE,
          OTHER_HOST,
          CONNECTION,
          MAX_FORWARDS,
          METHOD,
          HOST ->
          true;
      default -> false;
    };
  }

  private static Said decode(String text, int step) {
    EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(MOST * 4, MOST));
    for (int i = 0; i < text.length(); i += step) {
      String part = text.substring(i, Math.min(text.length(), i + step));
      channel.writeInbound(Unpooled.copiedBuffer(part, ISO_8859_1));
    }
    channel.finish();
    List<String> requests = new ArrayList<>();
    StringBuilder request = new StringBuilder();
    RequestFault fault = null;
    for (Object said = channel.readInbound(); said != null; said = channel.readInbound()) {
      assertTrue(fault == null, "something came behind a fault");
      if (said instanceof HttpRequest head) {
        assertTrue(head.decoderResult().isSuccess());
        request.append(head.method()).append(' ').append(head.uri()).append('\n');
        head.headers()
            .forEach(
                field ->
                    request
                        .append(field.getKey())
                        .append('=')
                        .append(field.getValue())
                        .append('\n'));
      } else if (said instanceof HttpContent content) {
        request.append(content.content().toString(ISO_8859_1));
        content.release();
        if (content instanceof LastHttpContent) {
          requests.add(request.toString());
          request.setLength(0);
        }
      } else {
        fault = ((BadRequest) said).fault();
      }
    }
    return new Said(requests, request.toString(), fault);
  }

  private static PlainParser.Chunks scan(String text, int step, boolean forgiving) {
    BodyScanner scanner = forgiving ? BodyScanner.ofResponses() : BodyScanner.ofRequests();
    scanner.begin(BodyFraming.CHUNKED);
    StringBuilder payload = new StringBuilder();
    BodyScanner.Spans spans =
        new BodyScanner.Spans() {
          @Override
          public void payload(ByteBuf buf, int index, int length) {
            payload.append(buf.toString(index, length, ISO_8859_1));
          }

          @Override
          public void hole(ByteBuf buf, int index, int length) {
            assertTrue(buf.getByte(index + length - 1) != '\r' && length > 0);
          }
        };
    for (int i = 0; i < text.length(); i += step) {
      ByteBuf part =
          Unpooled.copiedBuffer(text.substring(i, Math.min(text.length(), i + step)), ISO_8859_1);
      scanner.scan(part, spans);
      assertTrue(scanner.forwardable() <= part.writerIndex() && scanner.forwardable() >= 0);
      if (scanner.complete()) {
        return new PlainParser.Chunks(payload.toString(), i + scanner.consumed());
      }
      if (scanner.malformed()) {
        return new PlainParser.Chunks(payload.toString(), -2);
      }
    }
    assertFalse(scanner.complete());
    return new PlainParser.Chunks(payload.toString(), -1);
  }

  private static int step(byte[] input) {
    return input.length == 0 ? 1 : 1 + (input[0] & 0x0F);
  }

  private static String text(byte[] input) {
    int length = Math.min(MOST, Math.max(0, input.length - 1));
    return input.length == 0 ? "" : new String(input, 1, length, ISO_8859_1);
  }
}
