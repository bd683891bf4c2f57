package dev.tailtap.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tailtap.rig.Rule;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String GOOD = "00-" + TRACE + "-00f067aa0ba902b7-01";

  @Test
  @Rule(
      value = "What traceparent says is read, and said again with another parent",
      source = "W3C Trace Context section 3.2")
  void readsWhatItWrites() {
    TraceParent read = TraceParent.parse(GOOD);
    assertEquals(new TraceParent(TRACE, 0x00f067aa0ba902b7L, 1), read);
    assertEquals(GOOD, TraceParent.field(read.traceId(), read.spanId(), read.flags()));
    assertEquals("03", TraceParent.field(TRACE, 1, 0xff).substring(53));
    assertEquals("00", TraceParent.field(TRACE, 1, 0xfc).substring(53));
  }

  @Test
  @Rule(
      value = "A later version is read as far as this one goes",
      source = "W3C Trace Context section 3.2.4")
  void readsWhatALaterVersionShares() {
    assertEquals(TRACE, TraceParent.parse("01" + GOOD.substring(2)).traceId());
    assertEquals(TRACE, TraceParent.parse("cc" + GOOD.substring(2) + "-what-else").traceId());
    assertNull(TraceParent.parse("cc" + GOOD.substring(2) + ".what-else"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0\u00e9-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      })
  @Rule(
      value = "A traceparent that breaks its form is none",
      source = "W3C Trace Context section 3.2")
  void takesNothingElse(String field) {
    assertNull(TraceParent.parse(field));
  }

  @Test
  void theSpanOfACallIsNoneOfItsTries() {
    UUID row = UUID.fromString("01900000-0000-7000-8000-000000000000");
    assertEquals(0x8000000000000000L, SpanId.ofTry(row));
    assertEquals(0x4000000000000000L, SpanId.ofCall(row));
    UUID other = UUID.fromString("01900000-0000-7000-bfff-ffffffffffff");
    assertNotEquals(SpanId.ofCall(other), SpanId.ofTry(other));
    assertNotEquals(0, SpanId.ofCall(other));
  }
}
