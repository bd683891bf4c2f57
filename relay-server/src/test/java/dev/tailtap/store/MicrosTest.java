package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;

final class MicrosTest {
  @Test
  void keepsTimesToTheMicrosecondAndWithinTheYears() {
    Instant time = Instant.parse("1969-12-31T23:59:59.999999999Z");
    assertEquals(-1, Micros.of(time));
    assertEquals(Instant.parse("1969-12-31T23:59:59.999999Z"), Micros.instant(Micros.of(time)));
    assertEquals(Micros.of(Instant.MAX), Micros.of(Instant.parse("9999-12-31T23:59:59.999999Z")));
    assertEquals(Micros.of(Instant.MIN), Micros.of(Instant.parse("0001-01-01T00:00:00Z")));
  }
}
