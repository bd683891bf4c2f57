package dev.tailtap.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final List<String> halts = new ArrayList<>();
  private final FatalErrors errors = new FatalErrors((exit, line) -> halts.add(exit + " " + line));

  @Test
  void anErrorThatEndsAThreadEndsTheProcessWithOneLine() {
    errors.uncaughtException(new Thread("journal"), new OutOfMemoryError("Java heap space"));
    assertEquals(1, halts.size());
    assertTrue(
        halts
            .get(0)
            .startsWith(
                "3 event=fatal_error thread=journal error=java.lang.OutOfMemoryError"
                    + " message=\"Java heap space\" at="),
        halts.get(0));
  }

  @Test
  void anAssertionsWordsMayQuoteWhatItMetAndAreNotRepeated() {
    errors.uncaughtException(new Thread("t"), new AssertionError("Bearer sk-1"));
    assertFalse(halts.get(0).contains("sk-1"), halts.get(0));
  }

  @Test
  void anExceptionIsLoggedAndEndsNothing() {
    errors.uncaughtException(new Thread("t"), new IllegalStateException("a bug"));
    assertEquals(List.of(), halts);
  }
}
