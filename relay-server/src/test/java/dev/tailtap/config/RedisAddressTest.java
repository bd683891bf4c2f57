package dev.tailtap.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
  @Test
  void allPartsAreRead() {
    assertEquals(
        new RedisAddress(true, "cache.test", 7000, "us:er", "p@ss+%", 12),
        RedisAddress.of("rediss://us%3Aer:p%40ss+%25@cache.test:7000/12"));
  }

  @Test
  void whatIsNotSaidIsTheUsual() {
    assertEquals(
        new RedisAddress(false, "::1", 6379, null, null, 0), RedisAddress.of("valkey://[::1]"));
    assertEquals(
        new RedisAddress(false, "a", 6379, null, "p", 0), RedisAddress.of("redis://:p@a/"));
  }

  @Test
  void itsTextHasNoSecret() {
    assertFalse(RedisAddress.of("redis://me:secret@a").toString().contains("secret"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "redis:",
        "redis://",
        "http://a",
        "redis://a:0",
        "redis://a:70000",
        "redis://a/x",
        "redis://a/1/2",
        "redis://a?b=c",
        "redis://a#b",
        "redis://a b",
        "a:6379"
      })
  void whatIsNoneIsRefusedWithoutShowingIt(String text) {
    Exception refused = assertThrows(IllegalArgumentException.class, () -> RedisAddress.of(text));
    assertFalse(text.length() > 8 && refused.getMessage().contains(text), refused.getMessage());
  }
}
