package dev.tailtap.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

class StickyHashTest {
  /** The first of the vectors that its authors publish, the others of its definition. */
  @Test
  void isFnv1aOfTheTextAsUtf8() {
    assertEquals(0x85944171f73967e8L, StickyHash.of("foobar"));
    assertEquals(0xba582a10a52c31b7L, StickyHash.of("é€"));
    assertEquals(0x84475e195e9f85ceL, StickyHash.of("sé"));
  }

  @Test
  void noTextHashesToNothing() {
    assertNotEquals(0, StickyHash.of(""));
  }
}
