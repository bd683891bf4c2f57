package dev.tailtap.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.http1.BodyFraming.Kind;
import dev.tailtap.rig.Rule;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same body gives the same result, wherever the network has cut it. */
class BodyScannerTest {
  private static final BodyFraming CHUNKED = new BodyFraming(Kind.CHUNKED, 0);

  @Test
  @Rule(
      value =
          "A chunked body is read to its last chunk, however it is cut, and its bytes pass as they are.",
      source = "RFC 9112 section 7.1")
  void passesPlainChunksAsTheyAre() {
    String chunks = "5\r\nhello\r\n1\r\n \r\n00B\r\nhappy\r\nworl\r\n";
    everywhere(chunks + "0\r\n\r\n", new Result("hello happy\r\nworl", "", chunks + "0\r\n\r\n"));
  }

  @Test
  void passesASizeOfSeveralDigitsAsItIs() {
    String chunks = "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n";
    everywhere(
        chunks + "0\r\n\r\n", new Result("abcdefghijklmnopqrstuvwxyz", "", chunks + "0\r\n\r\n"));
  }

  @Test
  void endsAnEmptyBody() {
    everywhere("0\r\n\r\n", new Result("", "", "0\r\n\r\n"));
  }

  @Test
  @Rule(
      value = "Chunk extensions are ignored and not passed on.",
      source = "RFC 9112 section 7.1.1")
  void leavesChunkExtensionsOut() {
    everywhere(
        "3;a=b;c=\"d e\"\r\nabc\r\n2;\r\nde\r\n0;last\r\n\r\n",
        new Result("abcde", ";a=b;c=\"d e\";;last", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  }

  @Test
  @Rule(
      value = "Trailers of an answer are not merged into anything; they are dropped.",
      source = "RFC 9112 section 7.1.2")
  void leavesTrailersOut() {
    everywhere(
        "3\r\nabc\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", new Result("abc", "", "3\r\nabc\r\n0\r\n\r\n"));
  }

  @Test
  @Rule(
      value = "What stands inside a chunk is data, whatever it looks like.",
      source = "RFC 9112 section 7.1")
  void takesPayloadThatLooksLikeFramingForPayload() {
    String chunks = "7\r\n\r\n0\r\n\r\n\r\n5\r\n0\r\n\r\n\r\n";
    everywhere(
        chunks + "0\r\n\r\n", new Result("\r\n0\r\n\r\n0\r\n\r\n", "", chunks + "0\r\n\r\n"));
  }

  @Test
  @Rule(
      value = "A body ends behind its last byte; what follows is no part of it.",
      source = "RFC 9112 section 6.3")
  void stopsBehindTheLastByteOfAChunkedBody() {
    String body = "3\r\nabc\r\n0\r\n\r\n";
    for (String surplus : List.of("H", "HTTP/1.1 200 OK\r\n\r\n", "0\r\n\r\n")) {
      BodyScanner scanner = BodyScanner.ofResponses();
      scanner.begin(CHUNKED);
      ByteBuf buf = bytes(body + surplus);
      scanner.scan(buf, new Trace());
      assertTrue(scanner.complete());
      assertEquals(body.length(), scanner.consumed());
      assertEquals("3\r\nabc\r\n".length(), scanner.forwardable());
      assertEquals(0, buf.readerIndex());
    }
  }

  @Test
  void startsWhereTheReaderOfTheBufferStands() {
    ByteBuf buf = bytes("HEAD3\r\nabc\r\n0\r\n\r\n").skipBytes(4);
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(CHUNKED);
    Trace trace = new Trace();
    scanner.scan(buf, trace);
    trace.forward(buf, scanner.forwardable());
    assertEquals("abc", trace.payload.toString());
    assertEquals("3\r\nabc\r\n", trace.forwarded.toString());
  }

  @Test
  @Rule(value = "A body with a length has exactly so many bytes.", source = "RFC 9112 section 6.3")
  void countsABodyWithALength() {
    String text = "0123456789";
    for (int cut = 0; cut <= text.length(); cut++) {
      BodyScanner scanner = BodyScanner.ofResponses();
      scanner.begin(new BodyFraming(Kind.LENGTH, text.length()));
      Trace trace = new Trace();
      ByteBuf first = bytes(text.substring(0, cut));
      scanner.scan(first, trace);
      trace.forward(first, scanner.forwardable());
      assertEquals(cut == text.length(), scanner.complete());
      ByteBuf second = bytes(text.substring(cut) + "surplus");
      if (!scanner.complete()) {
        scanner.scan(second, trace);
        trace.forward(second, scanner.forwardable());
        assertEquals(text.length() - cut, scanner.consumed());
      }
      assertTrue(scanner.complete());
      assertEquals(text, trace.payload.toString());
      assertEquals(text, trace.forwarded.toString());
    }
  }

  @Test
  @Rule(
      value = "A body without length or chunks ends with its connection.",
      source = "RFC 9112 section 6.3")
  void neverEndsABodyThatTheCloseEnds() {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(new BodyFraming(Kind.UNTIL_CLOSE, 0));
    Trace trace = new Trace();
    scanner.scan(bytes("0\r\n\r\n"), trace);
    assertFalse(scanner.complete() || scanner.malformed());
    assertEquals("0\r\n\r\n", trace.payload.toString());
    assertEquals(5, scanner.forwardable());
  }

  @Test
  void knowsThatABodyThatIsNotThereIsOver() {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(new BodyFraming(Kind.NONE, 0));
    assertTrue(scanner.complete());
  }

  @Test
  void forgetsOneBodyBeforeTheNext() {
    BodyScanner scanner = BodyScanner.ofResponses();
    for (String broken : List.of("5\r\nhel", "5;ext", "0\r\nX: y", "12", "g")) {
      scanner.begin(CHUNKED);
      scanner.scan(bytes(broken), new Trace());
      assertFalse(scanner.complete());
      scanner.begin(CHUNKED);
      Trace trace = new Trace();
      scanner.scan(bytes("1\r\na\r\n0\r\n\r\n"), trace);
      assertTrue(scanner.complete(), broken);
      assertEquals("a", trace.payload.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "g\r\n",
        " 5\r\nhello\r\n",
        "5 x\r\nhello\r\n",
        "5 \nhello\r\n",
        "+5\r\nhello\r\n",
        "-5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        "5,5\r\nhello\r\n",
        "\u0665\r\nhello\r\n",
        ";a=b\r\nhello\r\n",
        "5\nhello\r\n",
        "5\rhello\r\n",
        "5\r\rhello\r\n",
        "5;a=b\nhello\r\n",
        "5;a=b\rhello\r\n",
        "5;a=\"\n\"\r\nhello\r\n",
        "5\r\nhello!\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\r\n\r\n",
        "0\n\n",
        "0\r\n\n",
        "0\r\n\r\r",
        "0\r\nX: y\n\r\n",
        "0\r\nX: \ry\r\n\r\n",
        "0\r\nX: y\r\r\n\r\n",
        "1000000000000000\r\n",
        "ffffffffffffffffffff\r\n",
      })
  @Rule(
      value = "Malformed chunks are an error wherever they are cut, and stay one.",
      source = "RFC 9112 section 7.1")
  void refusesMalformedFramingWhereverItIsCut(String body) {
    refused(body, BodyScanner::ofResponses);
    refused(body, BodyScanner::ofRequests);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5 \r\nhello\r\n",
        "5\t;a=b\r\nhello\r\n",
        "0 \r\n\r\n",
        "0000000000000000\r\n\r\n",
        "0000000000000005\r\nhello\r\n",
        "5;a=\u0001\r\nhello\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\nX: y\r\n z\r\n\r\n",
      })
  @Rule(
      value = "What is forgiven to a provider is not forgiven to a client.",
      source = "docs/DECISIONS.md")
  void refusesInRequestsWhatItForgivesInAnswers(String body) {
    refused(body, BodyScanner::ofRequests);
    String rest = body.startsWith("0\r\n") || body.endsWith("\r\n\r\n") ? "" : "0\r\n\r\n";
    assertEquals(rest.isEmpty() ? "" : "hello", scan(List.of(body + rest)).payload());
  }

  @ParameterizedTest
  @CsvSource({
    "'5 |hello|0 ||', '5|hello|0||'",
    "'5 \t  |hello|0||', '5|hello|0||'",
    "'5 ;a=b|hello|0\t;c||', '5|hello|0||'",
    "'00000005|hello|00||', '00000005|hello|0||'",
    "'0000000000000005|hello|0000000000000000||', '000000005|hello|00000000||'",
    "'5;\u0001|hello|0||', '5|hello|0||'",
    "'5|hello|0|X : y| z||', '5|hello|0||'",
  })
  @Rule(
      value = "Blanks and needless zeros at a chunk size are taken out of an answer.",
      source = "RFC 9112 section 7.1.1")
  void takesOutWhatNotEachClientForgives(String body, String forwarded) {
    String text = body.replace("|", "\r\n");
    Result whole = scan(List.of(text));
    assertEquals("hello", whole.payload());
    assertEquals(whole, scan(List.of(text.split(""))).sameHoles(whole));
    assertEquals(forwarded.replace("|", "\r\n"), whole.forwarded());
    for (int cut = 0; cut <= text.length(); cut++) {
      Result parts = scan(List.of(text.substring(0, cut), text.substring(cut)));
      assertEquals("hello", parts.payload());
      String sizes = parts.forwarded().replaceAll("\r\n0+\r\n\r\n$", "\r\n0\r\n\r\n");
      String wanted = whole.forwarded().replaceAll("\r\n0+\r\n\r\n$", "\r\n0\r\n\r\n");
      assertEquals(wanted, sizes, "cut at " + cut);
    }
  }

  @Test
  @Rule(value = "Zeros at a chunk size are limited in number.", source = "RFC 9112 section 7.1")
  void boundsTheZerosOfASize() {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(CHUNKED);
    int zeros = 0;
    while (!scanner.malformed() && zeros < 100_000) {
      scanner.scan(bytes("0".repeat(10)), new Trace());
      zeros += 10;
    }
    assertTrue(scanner.malformed() && zeros <= 270, zeros + " zeros");
    assertEquals(ResponseFault.CHUNK_SIZE, scanner.fault());
  }

  @ParameterizedTest
  @CsvSource({
    "g|, CHUNK_SIZE",
    "5 x|, CHUNK_SIZE",
    "5;a~|, CHUNK_EXTENSION",
    "5|hello!, CHUNK_END",
    "0|X|, TRAILER",
  })
  void saysWhichRuleWasBroken(String body, ResponseFault rule) {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(CHUNKED);
    scanner.scan(bytes(body.replace("|", "\r\n").replace('~', '\n')), new Trace());
    assertEquals(rule, scanner.fault());
  }

  private static void refused(String body, Supplier<BodyScanner> made) {
    for (int cut = 0; cut <= body.length(); cut++) {
      BodyScanner scanner = made.get();
      scanner.begin(CHUNKED);
      for (String part : List.of(body.substring(0, cut), body.substring(cut))) {
        scanner.scan(bytes(part), new Trace());
      }
      assertTrue(scanner.malformed(), "cut at " + cut);
      scanner.scan(bytes("0\r\n\r\n"), new Trace());
      assertTrue(scanner.malformed(), "it came back");
    }
  }

  @Test
  @Rule(value = "Extensions and trailers are limited in length.", source = "RFC 9112 section 7.1.1")
  void boundsExtensionsAndTrailers() {
    for (String endless : List.of("5;", "0\r\nX: ")) {
      bounded(endless, BodyScanner.ofRequests(), 8300);
      bounded(endless, BodyScanner.ofResponses(), 16 * 1024);
    }
  }

  private static void bounded(String endless, BodyScanner scanner, int most) {
    scanner.begin(CHUNKED);
    scanner.scan(bytes(endless), new Trace());
    int scanned = 0;
    while (!scanner.malformed() && scanned < 1 << 20) {
      scanner.scan(bytes("x".repeat(100)), new Trace());
      scanned += 100;
    }
    assertTrue(scanner.malformed() && scanned <= most, endless + " took " + scanned);
  }

  @Test
  void countsEachExtensionByItself() {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(CHUNKED);
    for (int i = 0; i < 100; i++) {
      scanner.scan(bytes("1;" + "x".repeat(4000) + "\r\na\r\n"), new Trace());
    }
    assertFalse(scanner.malformed());
  }

  /** Whole, byte by byte, and at every pair of cuts. */
  private static void everywhere(String body, Result expected) {
    assertEquals(expected, scan(List.of(body)), "whole");
    assertEquals(expected, scan(List.of(body.split(""))), "byte by byte");
    for (int a = 0; a <= body.length(); a++) {
      for (int b = a; b <= body.length(); b++) {
        List<String> parts = List.of(body.substring(0, a), body.substring(a, b), body.substring(b));
        assertEquals(expected, scan(parts), "cut at " + a + " and " + b);
      }
    }
  }

  private static Result scan(List<String> parts) {
    BodyScanner scanner = BodyScanner.ofResponses();
    scanner.begin(CHUNKED);
    Trace trace = new Trace();
    List<String> left = new ArrayList<>(parts);
    left.removeIf(String::isEmpty);
    while (!left.isEmpty()) {
      String part = left.remove(0);
      assertFalse(scanner.complete(), "complete before " + part);
      ByteBuf buf = bytes(part);
      scanner.scan(buf, trace);
      assertFalse(scanner.malformed(), "malformed in " + part);
      assertEquals(part.length(), scanner.consumed());
      trace.forward(buf, scanner.forwardable());
    }
    assertTrue(scanner.complete(), "not complete");
    trace.forwarded.append(scanner.bareTerminator() ? "\r\n" : "0\r\n\r\n");
    return new Result(trace.payload.toString(), trace.holes.toString(), trace.forwarded.toString());
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, ISO_8859_1);
  }

  /** What a scan says, and with it what a client would get. */
  private record Result(String payload, String holes, String forwarded) {
    /** The last chunk may have been sent or not when its line turned out to have a hole. */
    Result sameHoles(Result other) {
      return new Result(payload, holes, other.forwarded);
    }
  }

  private static final class Trace implements BodyScanner.Spans {
    final StringBuilder payload = new StringBuilder();
    final StringBuilder holes = new StringBuilder();
    final StringBuilder forwarded = new StringBuilder();
    private int sent;

    @Override
    public void payload(ByteBuf buf, int index, int length) {
      assertTrue(length > 0, "an empty span");
      payload.append(buf.toString(index, length, ISO_8859_1));
    }

    @Override
    public void hole(ByteBuf buf, int index, int length) {
      holes.append(buf.toString(index, length, ISO_8859_1));
      sent = Math.max(sent, buf.readerIndex());
      forwarded.append(buf.toString(sent, index - sent, ISO_8859_1));
      sent = index + length;
    }

    void forward(ByteBuf buf, int forwardable) {
      int from = Math.max(sent, buf.readerIndex());
      if (forwardable > from) {
        forwarded.append(buf.toString(from, forwardable - from, ISO_8859_1));
      }
      sent = 0;
    }
  }
}
