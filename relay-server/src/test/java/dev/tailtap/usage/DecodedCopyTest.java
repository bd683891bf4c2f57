package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
