package dev.tailtap.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
  @ParameterizedTest
  @CsvSource({"64KiB,65536", "8MiB,8388608", "1GiB,1073741824", "5000,5000"})
  void aSizeIsANumberAndItsUnit(String text, long bytes) {
    assertEquals(bytes, Units.size(text));
  }

  @ParameterizedTest
  @CsvSource({"500ms,500", "5s,5000", "2m,120000", "1h,3600000", "0,0"})
  void aTimeIsANumberAndItsUnit(String text, long ms) {
    assertEquals(ms, Units.time(text).toMillis());
  }
}
