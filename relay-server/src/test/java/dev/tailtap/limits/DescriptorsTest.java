package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DescriptorsTest {
  @Test
  void giveEachSideHalfOfWhatIsLeft() {
    assertEquals((1_000_000 - 100 - 24) / 2, new Descriptors(1_000_000, 100).perSide());
    assertEquals(1, new Descriptors(100, 90).perSide());
    assertEquals(Integer.MAX_VALUE, new Descriptors(Long.MAX_VALUE, 0).perSide());
  }

  @Test
  void tellWhatToDoWhereTheyDoNotCarryTheStreams() {
    assertNull(new Descriptors(20_124, 100).shortage(10_000));
    String shortage = new Descriptors(1024, 100).shortage(10_000);
    assertTrue(shortage.contains("limits.streams=10000 needs 20124"), shortage);
    assertTrue(shortage.contains("may have 1024"), shortage);
    assertTrue(shortage.contains("450 or less"), shortage);
  }

  @Test
  void areThoseOfThisProcess() {
    assertTrue(Descriptors.now().perSide() > 1);
  }
}
