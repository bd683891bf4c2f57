package dev.tailtap.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LabelTest {
  @ParameterizedTest
  @EnumSource
  void isCountedUnderItsMetric(Label label) {
    Stats stats = new Stats();
    stats.count(label);
    stats.add(label, 2);
    assertEquals(3, stats.value(label.metric(), label.value()));
    assertEquals(1, label.metric().labels().size());
  }
}
