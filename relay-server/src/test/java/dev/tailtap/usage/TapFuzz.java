package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * No bytes of a stranger make a reader throw, grow, touch the bytes or keep a buffer. The first two
 * bytes of an input say how the rest is read and cut. A build runs the kept inputs; with {@code
 * JAZZER_FUZZ=1} in the environment and one method chosen by name it looks for new ones.
 */
class TapFuzz {
  private static final int WINDOW = 4096;

  /**
   * What one tap may hold of a stream, whatever comes: texts, usage objects, one frame, a window.
   */
  private static final long MOST_HELD = 1 << 20;

  private static final List<String> CODINGS = List.of("gzip", "deflate", "br", "zstd");

  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(true);

  @FuzzTest(maxDuration = "2m")
  void eventStream(byte[] input) {
    readBody(BodyKind.EVENT_STREAM, null, input);
    UsageMerge merge = new UsageMerge();
    RetainedEvent kept = new RetainedEvent(alloc);
    FieldTree tree = dialect(input).tree();
    feed(new SseEvents(tree, merge, Scratch.ofThread(), kept), input);
    assertTrue(kept.isEmpty());
    assertBounded(merge.reading(true, 0));
  }

  @FuzzTest(maxDuration = "2m")
  void otherBodies(byte[] input) {
    BodyKind[] kinds = BodyKind.values();
    readBody(kinds[at(input, 1) % kinds.length], null, input);
  }

  /** A document says the same however it is cut. */
  @FuzzTest(maxDuration = "2m")
  void scanner(byte[] input) {
    byte[] json = rest(input);
    UsageReading whole = scan(dialect(input).tree(), json, json.length);
    UsageReading cut = scan(dialect(input).tree(), json, 1 + at(input, 1) % 7);
    assertEquals(whole, cut);
    assertBounded(whole);
  }

  @FuzzTest(maxDuration = "2m")
  void awsMessages(byte[] input) {
    UsageMerge merge = new UsageMerge();
    AwsMessages frames = new AwsMessages(Dialect.BEDROCK.tree(), merge, Scratch.ofThread(), WINDOW);
    feed(frames, input);
    assertBounded(merge.reading(true, frames.count()));
  }

  @FuzzTest(maxDuration = "2m")
  void usageAsking(byte[] input) {
    ByteBuf body = Unpooled.wrappedBuffer(input);
    RequestScanner scan = new RequestScanner(true);
    int step = step(input);
    for (int i = 0; i < input.length; i += step) {
      scan.feed(body.slice(i, Math.min(step, input.length - i)));
    }
    RequestReading reading = scan.reading();
    assertTrue(reading.model() == null || reading.model().length() <= 257);
    JacksonRequest wanted = new JacksonRequest(input);
    ByteBuf asking = Spliced.body(scan, body, alloc);
    if (wanted.isWellFormed() && !hasPadding(input)) {
      assertEquals(wanted.reading(), reading);
      assertEquals(wanted.asked(), asking == null ? null : asking.toString(ISO_8859_1));
      assertEquals(wanted.namesModelTwice(), scan.modelTwice());
      assertEquals(wanted.isStateful(), scan.stateful());
      assertEquals(wanted.withModel("\"a\"") == null, scan.modelSplice("a") == null);
    }
    if (asking != null) {
      byte[] asked = ByteBufUtil.getBytes(asking);
      asking.release();
      assertEquals(wanted.isWellFormed(), new JacksonRequest(asked).isWellFormed());
      int same = Arrays.mismatch(asked, input);
      int tail = 0;
      while (tail < input.length - same
          && asked[asked.length - 1 - tail] == input[input.length - 1 - tail]) {
        tail++;
      }
      int lost = input.length - same - tail;
      assertTrue(lost <= 4, () -> lost + " bytes of the client are gone");
    }
    assertEquals(1, body.refCnt());
    assertNothingHeld();
  }

  /**
   * Jackson pads names with this byte, which is in no text, and takes two that differ by it for
   * one.
   */
  private static boolean hasPadding(byte[] input) {
    for (byte b : input) {
      if (b == (byte) 0xFF) {
        return true;
      }
    }
    return false;
  }

  /** Forms, and bodies of any coding. */
  @FuzzTest(maxDuration = "2m")
  void request(byte[] input) {
    byte[] stream = rest(input);
    boolean form = at(input, 1) >= 128;
    String other = at(input, 1) >= 64 ? "text/plain" : null; // JSON or a form, or JSON alone
    String type = form ? "multipart/form-data; boundary=" + at(input, 2) : other;
    int coding = at(input, 1) % (CODINGS.size() + 1);
    String encoding = coding < CODINGS.size() ? CODINGS.get(coding) : null;
    ByteBuf body = alloc.buffer(stream.length + 1).writeBytes(stream);
    RequestTap tap =
        new RequestTap("/" + new String(stream, ISO_8859_1), type, encoding, true, alloc);
    int step = step(input);
    for (int i = 0; i < stream.length; i += step) {
      tap.feed(body.slice(i, Math.min(step, stream.length - i)));
      assertTrue(held() <= body.capacity() + MOST_HELD);
    }
    assertTrue(tap.model() == null || tap.model().length() <= 257);
    assertTrue(tap.model() == null || tap.modelKnown());
    assertTrue(tap.reading().model() == null || tap.reading().model().length() <= 257);
    tap.close();
    assertArrayEquals(stream, ByteBufUtil.getBytes(body));
    assertTrue(body.release());
    assertNothingHeld();
  }

  @FuzzTest(maxDuration = "2m")
  void usageEvent(byte[] input) {
    byte[] stream = rest(input);
    ByteArrayOutputStream passed = new ByteArrayOutputStream();
    ByteBuf body = alloc.buffer(stream.length + 1).writeBytes(stream);
    UsageEventFilter stage =
        new UsageEventFilter(
            alloc,
            256,
            slice -> {
              passed.writeBytes(ByteBufUtil.getBytes(slice));
              slice.release();
            });
    int step = step(input);
    for (int i = 0; i < stream.length; i += step) {
      stage.payload(body, i, Math.min(step, stream.length - i));
    }
    stage.end();
    stage.close();
    body.release();
    assertNothingHeld();
    int[] left = count(stream);
    int[] came = count(passed.toByteArray());
    for (int b = 0; b < left.length; b++) {
      assertTrue(came[b] <= left[b], "bytes that nobody sent");
    }
    assertEquals(stage.hidden(), passed.size() < stream.length);
  }

  @FuzzTest(maxDuration = "2m")
  void decodedCopy(byte[] input) {
    String coding = CODINGS.get(at(input, 1) % CODINGS.size());
    readBody(BodyKind.EVENT_STREAM, coding, input);
    readBody(BodyKind.JSON, coding, input);
  }

  /** Through a whole tap: nothing thrown, nothing written, nothing kept. */
  private void readBody(BodyKind kind, String coding, byte[] input) {
    byte[] stream = rest(input);
    ByteBuf body = alloc.buffer(stream.length + 1).writeBytes(stream);
    Tap tap = new Tap(dialect(input), kind, coding, alloc, WINDOW);
    int step = step(input);
    for (int i = 0; i < stream.length; i += step) {
      tap.payload(body, i, Math.min(step, stream.length - i));
      assertTrue(held() <= body.capacity() + MOST_HELD);
    }
    tap.readComplete();
    tap.sawError();
    assertBounded(tap.finish(at(input, 1) % 2 == 0));
    assertEquals(0, body.readerIndex());
    assertArrayEquals(stream, ByteBufUtil.getBytes(body));
    assertTrue(body.release());
    assertNothingHeld();
  }

  private static void feed(Documents frames, byte[] input) {
    byte[] stream = rest(input);
    Scratch.ofThread().span().lend(Unpooled.wrappedBuffer(stream), 0);
    int step = step(input);
    for (int i = 0; i < stream.length; i += step) {
      frames.feed(stream, i, Math.min(i + step, stream.length));
    }
    frames.end();
  }

  private static UsageReading scan(FieldTree tree, byte[] json, int step) {
    UsageMerge merge = new UsageMerge();
    UsageScanner scanner = new UsageScanner();
    scanner.begin(tree, merge);
    for (int i = 0; i < json.length; i += step) {
      scanner.feed(json, i, Math.min(i + step, json.length));
    }
    scanner.end();
    return merge.reading(true, merge.documents());
  }

  private static void assertBounded(UsageReading reading) {
    assertTrue(reading.raw() == null || reading.raw().length() <= 4097);
    assertTrue(reading.responseId() == null || reading.responseId().length() <= 257);
    assertTrue(reading.responseModel() == null || reading.responseModel().length() <= 257);
    boolean counted = reading.tokens().prompt() != null || reading.tokens().completion() != null;
    boolean told = reading.state() == UsageState.FINAL || reading.state() == UsageState.PARTIAL;
    assertTrue(!counted || told, reading::toString);
  }

  /** How often each byte occurs: events without data may overtake a frame that waits. */
  private static int[] count(byte[] text) {
    int[] count = new int[1 << Byte.SIZE];
    for (byte b : text) {
      count[b & 0xFF]++;
    }
    return count;
  }

  private long held() {
    return alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory();
  }

  private void assertNothingHeld() {
    assertEquals(0, held());
  }

  private static Dialect dialect(byte[] input) {
    Dialect[] dialects = Dialect.values();
    return dialects[at(input, 0) % dialects.length];
  }

  private static int step(byte[] input) {
    int cut = at(input, 0) >> 4;
    return cut == 0 ? 1 << 16 : cut;
  }

  private static int at(byte[] input, int index) {
    return index < input.length ? input[index] & 0xFF : 0;
  }

  private static byte[] rest(byte[] input) {
    return input.length <= 2 ? new byte[0] : Arrays.copyOfRange(input, 2, input.length);
  }
}
