package dev.tailtap.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Binary data of any length, of which each place is known: noise, again and again. Immutable. */
final class Filler {
  /** A prime: what is left out, doubled or moved by a buffer's size does not fit. */
  private static final int PERIOD = 65_521;

  private final byte[] noise = new byte[PERIOD];
  private final ByteBuf direct;

  Filler() {
    new SplittableRandom(1).nextBytes(noise);
    direct = Unpooled.unreleasableBuffer(Unpooled.directBuffer(PERIOD).writeBytes(noise));
  }

  /** Some of it, from there on: as much as asked for, or less. Need not be released. */
  ByteBuf piece(long offset, long most) {
    int from = (int) (offset % PERIOD);
    return direct.slice(from, (int) Math.min(most, PERIOD - from));
  }

  /** Whether these bytes stand there. */
  boolean matches(long offset, byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int place = (int) ((offset + at - from) % PERIOD);
      int n = Math.min(to - at, PERIOD - place);
      if (!Arrays.equals(noise, place, place + n, bytes, at, at + n)) {
        return false;
      }
      at += n;
    }
    return true;
  }
}
