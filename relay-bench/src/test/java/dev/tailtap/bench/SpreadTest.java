package dev.tailtap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a few rounds. */
class SpreadTest {
  @ParameterizedTest
  @CsvSource({"6, 1, 6", "9, 2, 8", "25, 8, 18"}) // tables of the sign test
  void theIntervalOfTheMedianIsThatOfTheSignTest(int rounds, double low, double high) {
    Spread spread = spread(IntStream.rangeClosed(1, rounds).asDoubleStream());
    assertEquals(low, spread.low());
    assertEquals(high, spread.high());
    assertEquals(1, spread.least());
    assertEquals(rounds, spread.greatest());
  }

  @Test
  void fiveRoundsSayNothingCertain() {
    Spread spread = spread(DoubleStream.of(3, 1, 2, 5, 4));
    assertEquals(3, spread.median());
    assertEquals("–", spread.certain(Spread::ratio));
  }

  @Test
  void theIntervalHoldsTheTrueMedianAsOftenAsItSays() {
    Random random = new Random(1);
    int held = 0;
    for (int run = 0; run < 2_000; run++) {
      Spread spread = spread(random.doubles(21).map(x -> x * x * x)); // the median is 1/8
      held += spread.low() <= 0.125 && 0.125 <= spread.high() ? 1 : 0;
    }
    assertEquals(0.973, held / 2_000.0, 0.015); // exactly 1 - 2 * P(at most 5 of 21)
  }

  @Test
  void roundsThatMeasuredNothingDoNotCount() {
    Spread spread = spread(DoubleStream.of(2, Double.NaN, 4));
    assertEquals("3.00 (2.00–4.00)", spread.text(Spread::ratio));
    assertEquals(Spread.NONE, spread(DoubleStream.of(Double.NaN)));
  }

  private static Spread spread(DoubleStream values) {
    List<Double> boxed = values.boxed().toList();
    return Spread.of(boxed);
  }
}
