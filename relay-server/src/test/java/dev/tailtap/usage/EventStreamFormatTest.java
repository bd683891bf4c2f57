package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageReading;
import dev.tailtap.rig.Rule;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tap reads the event-stream format as the standard defines it, wherever the network cuts. */
class EventStreamFormatTest {
  private static final String PARSING = "WHATWG HTML section 9.2.5";
  private static final String INTERPRETING = "WHATWG HTML section 9.2.6";
  private static final String USAGE = "{\"usage\":{\"total_tokens\":7}}";

  @Test
  @Rule(value = "Lines end in CR, LF or CR LF.", source = PARSING)
  void endsLinesInEachWay() {
    for (String end : List.of("\n", "\r", "\r\n")) {
      seven("event: a" + end + "data: " + USAGE + end + end);
      seven("data: {}" + end + end + ":" + end + end + "data: " + USAGE + end + end);
    }
    seven("event: a\rdata: {}\n\ndata: " + USAGE + "\r\n\r\n");
  }

  @Test
  @Rule(value = "One byte order mark may stand at the start.", source = PARSING)
  void skipsAByteOrderMark() {
    seven("\uFEFFdata: " + USAGE + "\n\n");
  }

  @Test
  @Rule(value = "A line that begins with a colon is a comment.", source = INTERPRETING)
  void skipsComments() {
    seven(": ping\n\n:data: {\"usage\":{\"total_tokens\":9}}\n\ndata: " + USAGE + "\n:\n\n");
    none(":data: " + USAGE + "\n\n");
  }

  @Test
  @Rule(value = "One space behind the colon is no part of the value.", source = INTERPRETING)
  void takesDataWithAndWithoutASpace() {
    seven("data:" + USAGE + "\n\n");
    seven("data:  " + USAGE + "\n\n");
  }

  @Test
  @Rule(value = "Several data lines of an event are joined by LF.", source = INTERPRETING)
  void joinsDataLines() {
    seven("data: {\"usage\":\ndata: {\"total_tokens\":\ndata: 7}}\n\n");
  }

  @Test
  @Rule(value = "A field without a colon has an empty value.", source = INTERPRETING)
  void takesDataWithoutAColonForEmpty() {
    seven("data\ndata: " + USAGE + "\n\n");
    seven("data\n\ndata\ndata\n\ndata: " + USAGE + "\n\n");
  }

  @Test
  @Rule(value = "NUL may stand in data.", source = PARSING)
  void takesNulInData() {
    seven("data: \0\n\ndata: " + USAGE + "\n\n");
  }

  @Test
  @Rule(
      value = "Field names are exact; others, and unknown ones, are ignored.",
      source = INTERPRETING)
  void ignoresOtherFields() {
    seven("id: 1\nretry: 5\nfoo: bar\nevent: a\ndata: " + USAGE + "\n\n");
    for (String name : List.of("Data", " data", "data ", "\tdata", "dat", "datas", "id", "retry")) {
      none(name + ": " + USAGE + "\n\n");
    }
  }

  @Test
  @Rule(
      value = "The media type is told from its name alone, whatever its case and parameters.",
      source = "RFC 9110 section 8.3.1")
  void knowsTheMediaType() {
    for (String type :
        List.of(
            "text/event-stream",
            "Text/Event-Stream",
            "text/event-stream;charset=utf-8",
            "TEXT/EVENT-STREAM ; x=y")) {
      assertEquals(BodyKind.EVENT_STREAM, BodyKind.of(type), type);
    }
    assertFalse(BodyKind.of("text/event-streams") == BodyKind.EVENT_STREAM);
    assertFalse(BodyKind.of("application/json") == BodyKind.EVENT_STREAM);
  }

  private static void seven(String stream) {
    for (int cut = 0; cut <= stream.getBytes(UTF_8).length; cut++) {
      assertEquals(7, read(stream, cut).tokens().total(), "cut at " + cut + " of " + stream);
    }
  }

  private static void none(String stream) {
    for (int cut = 0; cut <= stream.getBytes(UTF_8).length; cut++) {
      assertTrue(read(stream, cut).tokens().total() == null, "cut at " + cut + " of " + stream);
    }
  }

  private static UsageReading read(String stream, int cut) {
    byte[] bytes = stream.getBytes(UTF_8);
    Tap tap =
        new Tap(Dialect.UNKNOWN, BodyKind.EVENT_STREAM, UnpooledByteBufAllocator.DEFAULT, 1 << 16);
    tap.payload(Unpooled.wrappedBuffer(bytes), 0, cut);
    tap.payload(Unpooled.wrappedBuffer(bytes), cut, bytes.length - cut);
    return tap.finish(true);
  }
}
