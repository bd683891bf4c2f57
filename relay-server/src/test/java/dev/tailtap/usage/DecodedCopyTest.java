package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tap reads of encoded bodies, good and bad, and what that may cost. */
class DecodedCopyTest {
  private static final String BODY =
      "{\"id\":\"a\",\"text\":\""
          + "lorem ipsum ".repeat(3000)
          + "\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}";

  private final UnpooledByteBufAllocator alloc = new UnpooledByteBufAllocator(true);

  @ParameterizedTest
  @EnumSource(Coding.class)
  void readsAnEncodedBodyByteByByte(Coding coding) {
    UsageReading reading = read(coding.token(), coding.encode(BODY.getBytes(UTF_8)), 1);
    assertEquals(UsageState.FINAL, reading.state());
    assertEquals(10, reading.tokens().total());
    assertEquals("body=json encoding=" + coding.token() + " last=usage", reading.note());
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void callsABodyThatEndsInTheMiddleOfItsCodingUnreadable(Coding coding) {
    byte[] whole = coding.encode(BODY.getBytes(UTF_8));
    for (int end = 1; end < whole.length - 8; end += 1 + whole.length / 50) {
      UsageReading reading = read(coding.token(), Arrays.copyOf(whole, end), 64);
      assertTrue(reading.state() != UsageState.FINAL, reading::toString);
      assertTrue(reading.state() != UsageState.ABSENT, reading::toString);
    }
    assertEquals(UsageState.ABSENT, read(coding.token(), new byte[0], 64).state());
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void survivesDamageAtEveryByte(Coding coding) {
    byte[] whole = coding.encode(BODY.getBytes(UTF_8));
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 0x55;
      UsageReading reading = read(coding.token(), damaged, 100);
      assertTrue(reading.tokens().total() == null || reading.raw() != null, reading::toString);
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void givesUpEarlyOnABodyThatDecodesToAbsurdlyMuchInBoundedMemory(Coding coding) {
    byte[] bomb = coding.encode(new byte[64 << 20]);
    long[] decoded = {0};
    long[] most = {0};
    ByteBuf body = Unpooled.wrappedBuffer(bomb);
    try (DecodedCopy copy = DecodedCopy.of(coding.token(), alloc)) {
      boolean goesOn =
          copy.feed(
              body,
              0,
              bomb.length,
              (buf, index, length) -> {
                decoded[0] += length;
                long used = alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory();
                most[0] = Math.max(most[0], used);
              });
      assertEquals(false, goesOn);
    }
    body.release();
    assertTrue(decoded[0] <= 1 << 18, () -> decoded[0] + " bytes decoded");
    assertTrue(most[0] <= 1 << 18, () -> most[0] + " bytes held");
    assertEquals(0, alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 300, 1 << 20})
  void readsMembersOfGzipWithAllThatMayStandAroundThem(int step) {
    byte[] text = BODY.getBytes(UTF_8);
    byte[] first = member(Arrays.copyOf(text, 20_000));
    byte[] second = Coding.GZIP.encode(Arrays.copyOfRange(text, 20_000, text.length));
    for (byte[] behind : List.of(new byte[0], new byte[30], "\n".getBytes(UTF_8))) {
      UsageReading reading = read("gzip", joined(first, second, behind), step);
      assertEquals(UsageState.FINAL, reading.state());
      assertEquals(10, reading.tokens().total());
    }
  }

  @Test
  void takesNoMemberOfGzipWhoseTrailerIsWrong() {
    byte[] whole = member(BODY.getBytes(UTF_8));
    for (int i = whole.length - 8; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 0x10;
      assertTrue(read("gzip", damaged, 100).state() != UsageState.FINAL);
    }
    assertEquals(UsageState.FINAL, read("gzip", whole, 100).state());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 300, 1 << 20})
  void readsDeflateWithoutTheHeaderThatBelongsToIt(int step) {
    byte[] zlib = Coding.DEFLATE.encode(BODY.getBytes(UTF_8));
    byte[] bare = Arrays.copyOfRange(zlib, 2, zlib.length - 4);
    assertEquals(UsageState.FINAL, read("deflate", bare, step).state());
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void keepsAnEventUnharmedByAllThatIsDecodedAfterIt(Coding coding) {
    String usage = "data: {\"usage\":{\"total_tokens\":5,\"prompt_tokens\":2}}\n\n";
    String other = "data: {\"choices\":[{\"delta\":{\"content\":\"lorem %d\"}}]}\n\n";
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      text.append(i == 100 ? usage : other.formatted(i));
    }
    byte[] encoded = coding.encode(text.toString().getBytes(UTF_8));
    Tap tap = new Tap(Dialect.OPENAI_CHAT, BodyKind.EVENT_STREAM, coding.token(), alloc, 4096);
    ByteBuf body = Unpooled.directBuffer().writeBytes(encoded);
    tap.payload(body, 0, encoded.length);
    UsageReading reading = tap.finish(true);
    assertEquals(5, reading.tokens().total());
    assertEquals(5000, reading.frames());
    assertEquals(1, body.refCnt());
    body.release();
    assertEquals(0, alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory());
  }

  /** With a field, a name, a comment and a checksum of its header (RFC 1952 section 2.3). */
  private static byte[] member(byte[] text) {
    byte[] plain = Coding.GZIP.encode(text);
    byte[] head = joined(Arrays.copyOf(plain, 10), new byte[] {3, 0, 9, 0, 9});
    head[3] = 0x1E;
    head = joined(head, "a.json\0of a test\0".getBytes(UTF_8));
    CRC32 crc = new CRC32();
    crc.update(head);
    byte[] sum = {(byte) crc.getValue(), (byte) (crc.getValue() >> 8)};
    return joined(head, sum, Arrays.copyOfRange(plain, 10, plain.length));
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  @Test
  void keepsTheCountsThatCameBeforeTheDamage() {
    String usage = "data: {\"id\":\"a\",\"usage\":{\"total_tokens\":5}}\n\n";
    byte[] good = Coding.GZIP.flushed(List.of(usage)).get(0);
    byte[] damaged = Arrays.copyOf(good, good.length + 40);
    Arrays.fill(damaged, good.length, damaged.length, (byte) 0xFF);
    Tap tap = new Tap(Dialect.OPENAI_CHAT, BodyKind.EVENT_STREAM, "gzip", alloc, 4096);
    ByteBuf body = Unpooled.wrappedBuffer(damaged);
    tap.payload(body, 0, good.length);
    tap.payload(body, good.length, 40);
    UsageReading reading = tap.finish(true);
    assertEquals(UsageState.PARTIAL, reading.state());
    assertEquals(5, reading.tokens().total());
    assertEquals(1, reading.frames());
    assertEquals(1, body.refCnt());
  }

  private UsageReading read(String coding, byte[] body, int step) {
    Tap tap = new Tap(Dialect.OPENAI_CHAT, BodyKind.JSON, coding, alloc, 4096);
    ByteBuf buf = Unpooled.wrappedBuffer(body);
    for (int i = 0; i < body.length; i += step) {
      tap.payload(buf, i, Math.min(step, body.length - i));
    }
    tap.readComplete();
    UsageReading reading = tap.finish(true);
    assertEquals(1, buf.refCnt());
    assertEquals(0, alloc.metric().usedHeapMemory() + alloc.metric().usedDirectMemory());
    return reading;
  }
}
