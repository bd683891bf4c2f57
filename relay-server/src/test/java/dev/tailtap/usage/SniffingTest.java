package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A body of no declared kind is read only if it begins like one that has usage in it. */
class SniffingTest {
  private static final String USAGE = "{\"id\":\"a\",\"usage\":{\"total_tokens\":7}}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\uFEFF",
        "\n \t",
        "[",
        "data:",
        "data: ",
        ":\n\ndata: ",
        "\uFEFFid: 7\ndata:",
        "event: x\ndata: ",
        "retry: 9\ndata: ",
        "\n\ndata: ",
        "id:\ndata:"
      })
  void readsWhatBeginsLikeJsonOrLikeEventsAtEveryCut(String opening) {
    byte[] body = (opening + USAGE + (opening.equals("[") ? "]" : "\n\n")).getBytes(UTF_8);
    for (int cut = 0; cut <= body.length; cut++) {
      UsageReading reading = read(body, cut);
      assertEquals(7, reading.tokens().total(), "cut at " + cut);
      assertEquals("body=undeclared last=usage", reading.note());
    }
    assertEquals(7, read(body, -1).tokens().total(), "in single bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%PDF-1.7\ndata: ",
        "\u007fELF\n\ndata:",
        "datum\ndata: ",
        "dat: ",
        "x\n\n",
        "é\n\n",
        "\0\0\n\ndata: ",
        "events:\n\ndata: ",
        "\"\n\ndata: ",
        "retry\n\ndata: "
      })
  void readsNothingOfAFile(String opening) {
    byte[] body = (opening + USAGE + "\n\n").getBytes(UTF_8);
    for (int cut = 0; cut <= body.length; cut++) {
      assertEquals(UsageState.ABSENT, read(body, cut).state(), "cut at " + cut);
    }
  }

  @Test
  void looksNoFurtherIntoAFileThanItsFirstBytes() {
    Tap tap = tap();
    payload(tap, "\u007fELF".getBytes(UTF_8), 0, 4);
    ByteBuf unreadable = Unpooled.buffer(8).writeZero(8);
    unreadable.release();
    tap.payload(unreadable, 0, 8); // would fail if it were looked at
    UsageReading reading = tap.finish(true);
    assertEquals(UsageState.ABSENT, reading.state());
    assertEquals("body=undeclared last=none", reading.note());
    assertFalse(tap.exceededWindow());
  }

  @Test
  void callsAnEncodedFileThatItDoesNotReadAbsent() {
    byte[] body = Coding.GZIP.encode("%PDF".repeat(50_000).getBytes(UTF_8));
    Tap tap =
        new Tap(
            Dialect.UNKNOWN, BodyKind.UNDECLARED, "gzip", UnpooledByteBufAllocator.DEFAULT, 4096);
    payload(tap, body, 0, body.length / 2);
    payload(tap, body, body.length / 2, body.length - body.length / 2);
    assertEquals(UsageState.ABSENT, tap.finish(true).state());
  }

  private static UsageReading read(byte[] body, int cut) {
    Tap tap = tap();
    if (cut < 0) {
      for (int i = 0; i < body.length; i++) {
        payload(tap, body, i, 1);
      }
    } else {
      payload(tap, body, 0, cut);
      payload(tap, body, cut, body.length - cut);
    }
    return tap.finish(true);
  }

  private static Tap tap() {
    return new Tap(Dialect.UNKNOWN, BodyKind.UNDECLARED, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
  }

  private static void payload(Tap tap, byte[] body, int from, int length) {
    ByteBuf buf = Unpooled.directBuffer(length).writeBytes(body, from, length);
    tap.payload(buf, 0, length);
    tap.readComplete();
    buf.release();
  }
}
