package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.UsageReading;
import dev.tailtap.rig.Rule;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No bytes make a reader throw: streams with bytes changed, dropped and doubled, straight into the
 * frames, where no tap catches what they throw. More rounds with {@code -Dtailtap.fuzz.rounds=N}.
 */
class HostileBytesTest {
  private static final int ROUNDS = Integer.getInteger("tailtap.fuzz.rounds", 60);
  private static final byte[] SPICE = "\"{}[]:,\\\r\n \0\u007f0eE-.".getBytes(US_ASCII);

  static List<Fixture> fixtures() {
    return Fixture.all();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  @Rule(
      value = "No bytes of a provider make a reader of usage fail.",
      source = "Tailtap, first promise: a stream is never harmed")
  void neverThrowsOnDamagedStreams(Fixture fixture) {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      byte[] damaged = damage(fixture.body(), random);
      read(fixture, damaged, Cuts.none());
      read(fixture, damaged, Cuts.random(damaged, seed));
    }
  }

  private static void read(Fixture fixture, byte[] body, int[] cuts) {
    UsageMerge merge = new UsageMerge();
    Scratch scratch = Scratch.ofThread();
    FieldTree tree = fixture.dialect().tree();
    scratch.span().lend(Unpooled.wrappedBuffer(body), 0);
    RetainedEvent kept = new RetainedEvent(UnpooledByteBufAllocator.DEFAULT);
    List<Documents> readers =
        List.of(
            new SseEvents(tree, merge, scratch, kept),
            new SniffedDocuments(tree, merge, scratch, kept, true),
            new SniffedDocuments(tree, merge, scratch, kept, false),
            new JsonDocuments(tree, merge, scratch, true),
            new AwsMessages(tree, merge, scratch, 4096));
    for (Documents frames : readers) {
      int from = 0;
      for (int cut : cuts) {
        frames.feed(body, from, cut);
        from = cut;
      }
      frames.feed(body, from, body.length);
      frames.end();
      assertTrue(kept.isEmpty());
    }
    UsageReading reading = merge.reading(true, 0);
    assertTrue(reading.raw() == null || reading.raw().length() <= 4096);
    assertTrue(reading.responseId() == null || reading.responseId().length() <= 256);
  }

  private static byte[] damage(byte[] body, Random random) {
    byte[] damaged = body.clone();
    int times = 1 + random.nextInt(20);
    for (int i = 0; i < times; i++) {
      int at = random.nextInt(damaged.length);
      switch (random.nextInt(3)) {
        case 0 -> damaged[at] = SPICE[random.nextInt(SPICE.length)];
        case 1 -> damaged[at] = (byte) random.nextInt();
        default -> {
          int length = Math.min(random.nextInt(50), damaged.length - at);
          int to = random.nextInt(damaged.length - length + 1);
          System.arraycopy(body, at, damaged, to, length);
        }
      }
    }
    return damaged;
  }
}
