package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.ZstdOutputStream;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tap holds for its stream is known and bounded, whatever comes. */
class HeldBytesTest {
  private static final String USAGE = "{\"id\":\"a\",\"usage\":{\"total_tokens\":7}}";
  private static final long MOST_TEXT = 160 << 10;

  @Test
  void countsTheBufferThatAKeptEventPins() {
    Tap tap = tap(BodyKind.EVENT_STREAM, null);
    ByteBuf buf = Unpooled.directBuffer(60_000);
    buf.writeBytes("data: {\"id\":\"a\"}\n\n".repeat(9).getBytes(ISO_8859_1));
    buf.writeBytes(("data: " + USAGE + "\n\n").getBytes(ISO_8859_1));
    tap.payload(buf, 0, buf.writerIndex());
    assertTrue(tap.heldBytes() >= 60_000);
    tap.readComplete();
    assertTrue(tap.heldBytes() < 1_000);
    tap.finish(true);
    assertTrue(tap.heldBytes() < 1_000);
    assertTrue(buf.release());
  }

  @ParameterizedTest
  @EnumSource(BodyKind.class)
  void textsAreBoundedWhateverComes(BodyKind kind) {
    for (String dense :
        new String[] {"\"usage\":{\"a\":\"", "x", "data: {\"", "{\"id\":\"", "\0"}) {
      Tap tap = tap(kind, null);
      for (String opening : new String[] {"data: {\"id\":\"", "{\"id\":\"", "{\"usage\":{\"x\":"}) {
        feed(tap, opening);
        feed(tap, dense.repeat((1 << 20) / dense.length()));
        feed(tap, "\"}}\n\n");
      }
      assertTrue(tap.heldBytes() <= MOST_TEXT, () -> kind + " holds " + tap.heldBytes());
      tap.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Coding.class)
  void countsACodecUntilItEnds(Coding coding) throws IOException {
    byte[] body = coding.encode(USAGE.getBytes(ISO_8859_1));
    Tap tap = tap(BodyKind.JSON, coding.token());
    for (byte b : body) {
      feed(tap, String.valueOf((char) (b & 0xFF)));
    }
    assertTrue(tap.heldBytes() > 16 << 10);
    assertTrue(tap.heldBytes() < 9 << 20);
    assertEquals(7, tap.finish(true).tokens().total());
    assertTrue(tap.heldBytes() < 1_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 20, 22, 23})
  void readsWindowsUpToEightMebibytes(int log) throws IOException {
    assertEquals(7, zstd(log).tokens().total());
    assertEquals(7, brotli(log).tokens().total());
  }

  @Test
  void refusesLargerWindowsBeforeACodecTakesThem() throws IOException {
    assertEquals(UsageState.UNREADABLE, zstd(25).state());
    assertEquals(UsageState.UNREADABLE, brotli(24).state());
    Tap tap = tap(BodyKind.JSON, "br");
    feed(tap, "\u0011\u001e"); // RFC 7932's invalid pattern, which large windows have taken
    assertEquals(UsageState.UNREADABLE, tap.finish(true).state());
  }

  private static UsageReading zstd(int log) throws IOException {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    try (OutputStream out = new ZstdOutputStream(encoded).setLong(log)) {
      out.write(USAGE.getBytes(ISO_8859_1));
      out.flush();
    }
    return read("zstd", encoded.toByteArray(), 1L << log);
  }

  private static UsageReading brotli(int log) throws IOException {
    Brotli4jLoader.ensureAvailability();
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    Encoder.Parameters parameters = Encoder.Parameters.create(5, log);
    try (OutputStream out = new BrotliOutputStream(encoded, parameters)) {
      out.write(USAGE.getBytes(ISO_8859_1));
      out.flush();
    }
    return read("br", encoded.toByteArray(), 1L << log);
  }

  private static UsageReading read(String coding, byte[] body, long window) {
    Tap tap = tap(BodyKind.JSON, coding);
    feed(tap, new String(body, ISO_8859_1));
    boolean refused = window > 8 << 20;
    assertTrue(refused || tap.heldBytes() >= window, () -> tap.heldBytes() + " of " + window);
    return tap.finish(true);
  }

  private static Tap tap(BodyKind kind, String coding) {
    return new Tap(Dialect.UNKNOWN, kind, coding, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
  }

  private static void feed(Tap tap, String text) {
    ByteBuf buf = Unpooled.directBuffer(text.length()).writeBytes(text.getBytes(ISO_8859_1));
    tap.payload(buf, 0, buf.writerIndex());
    tap.readComplete();
    assertEquals(0, buf.readerIndex());
    buf.release();
  }
}
