package dev.tailtap.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

final class CleanTextTest {
  @Test
  void replacesWhatPostgresCannotHold() {
    assertEquals("a\ufffdb", CleanText.of("a\0b"));
    assertEquals("\ufffd", CleanText.of("\ud83d"));
    assertEquals("\ufffdx", CleanText.of("\ude00x"));
    assertEquals("😀\ufffd", CleanText.of("😀\ud83d"));
  }

  @Test
  void leavesCleanTextAsItIs() {
    String text = "gpt-4o mini ü";
    assertSame(text, CleanText.of(text));
    assertEquals("😀", CleanText.of("😀"));
    assertNull(CleanText.of(null));
  }

  @Test
  void cutsButNotThroughAPair() {
    assertEquals("abc", CleanText.of("abcd", 3));
    assertEquals("ab😀", CleanText.of("ab😀d", 3));
    assertEquals("a\ufffd", CleanText.of("a\0b", 2));
  }
}
