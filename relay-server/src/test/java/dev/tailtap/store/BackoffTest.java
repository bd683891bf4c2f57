package dev.tailtap.store;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  @Test
  void waitsLongerEachTimeUpToItsLimit() {
    Random random = new Random(1);
    for (int failures = 1; failures < 200; failures++) {
      long limit = Math.min(30_000, 100L << Math.min(failures - 1, 20));
      for (int round = 0; round < 20; round++) {
        long wait = Backoff.NORMAL.retryNanos(failures, random);
        assertTrue(
            wait > 0 && wait <= TimeUnit.MILLISECONDS.toNanos(limit), failures + ": " + wait);
      }
    }
  }
}
