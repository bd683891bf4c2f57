package dev.tailtap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What a stream costs once, apart from what an event costs. */
class FitTest {
  @Test
  void aLineIsFoundAsItIs() {
    Fit fit = Fit.of(new double[] {1, 10, 50}, new double[] {23, 50, 170});
    assertEquals(20, fit.once(), 1e-9);
    assertEquals(3, fit.each(), 1e-9);
  }

  @Test
  void whatIsOffTheLineOnEitherSideLeavesItWhereItWas() {
    Fit fit = Fit.of(new double[] {1, 1, 50, 50}, new double[] {22, 24, 165, 175});
    assertEquals(20, fit.once(), 1e-9);
    assertEquals(3, fit.each(), 1e-9);
  }
}
