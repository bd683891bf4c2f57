package dev.tailtap.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the driver is told, and what its clients then ask. */
class LoadPlanTest {
  @ParameterizedTest
  @EnumSource(Call.Kind.class)
  void aPlanIsTheSameAfterItsWay(Call.Kind kind) {
    LoadPlan plan = plan(new Call(kind, 5, 6, 7, false, true, false));
    assertEquals(plan, LoadPlan.ofLine("run " + plan.toLine()));
  }

  @Test
  void aRequestSaysWhichCallItIs() {
    for (Call.Kind kind : List.of(Call.Kind.STREAM, Call.Kind.JSON, Call.Kind.GZIP)) {
      Requests requests = new Requests(plan(Call.of(kind, 9)));
      requests.next(1, 2);
      String text = new String(requests.next(0xabcdef01, 7), StandardCharsets.US_ASCII);
      String body = text.substring(text.indexOf("\r\n\r\n") + 4);
      assertEquals(0xabcdef01, Script.asked(body, "stream"), kind.toString());
      assertEquals(7, Script.asked(body, "events"));
      assertEquals(kind == Call.Kind.STREAM, body.contains("\"stream\":true"));
      assertEquals(kind == Call.Kind.GZIP, text.contains("\r\nAccept-Encoding: gzip\r\n"));
    }
  }

  @Test
  void handshakesAreCountedAtTheirEnds() {
    Handshakes some = Handshakes.NONE.withClient(true).withClient(false).withProvider(false);
    assertEquals(0.5, some.resumedShare(false));
    assertEquals(1, some.resumedShare(true));
    assertEquals(Double.NaN, Handshakes.NONE.resumedShare(true));
  }

  private static LoadPlan plan(Call call) {
    return new LoadPlan(
        "host",
        1,
        "load-1",
        2,
        3,
        4,
        220,
        5,
        6,
        7,
        8,
        9,
        true,
        false,
        true,
        false,
        call,
        List.of("x: y"),
        List.of(10L, 11L));
  }
}
