package dev.tailtap.usage;

import java.util.Random;
import java.util.stream.IntStream;

/** Ways to cut a body: the indexes, in order, at which a new read begins. */
final class Cuts {
  private Cuts() {}

  static int[] none() {
    return new int[0];
  }

  static int[] everywhere(byte[] body) {
    return IntStream.range(1, body.length).toArray();
  }

  /** At the end of every blank line, or so many bytes after it. */
  static int[] aroundBorders(byte[] body, int shift) {
    return IntStream.range(1, body.length)
        .filter(i -> isLineEnd(body[i]) && isLineEnd(body[i - 1]))
        .map(i -> i + 1 + shift)
        .filter(cut -> cut > 0 && cut < body.length)
        .toArray();
  }

  static int[] random(byte[] body, int seed) {
    Random random = new Random(seed);
    return random.ints(1 + random.nextInt(64), 0, body.length).sorted().toArray();
  }

  private static boolean isLineEnd(byte b) {
    return b == '\n' || b == '\r';
  }
}
