package dev.tailtap.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recorded answer gives exactly the row that its sidecar leads to, however it is cut. */
class CorpusTest {
  private static final int RANDOM_CUTS = Integer.getInteger("tailtap.corpus.cuts", 10);

  @BeforeAll
  static void findTranscripts() {
    assumeTrue(
        Transcripts.arePresent(),
        () -> "no transcripts at " + Transcripts.folder() + "; set -Dtailtap.transcripts=FOLDER");
  }

  static Stream<Transcript> transcripts() {
    return Transcripts.arePresent() ? Transcripts.all().stream() : Stream.empty();
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void readsWhole(Transcript transcript) {
    assertEquals(Expected.of(transcript), read(transcript, Dialect.UNKNOWN));
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void readsByTheDialectOfThePath(Transcript transcript) {
    assertEquals(Expected.of(transcript), read(transcript, transcript.dialect()));
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void readsByteByByte(Transcript transcript) {
    int[] cuts = Cuts.everywhere(transcript.body());
    assertEquals(Expected.of(transcript), read(transcript, transcript.dialect(), cuts));
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void readsCutAroundEveryEventBorder(Transcript transcript) {
    Expected expected = Expected.of(transcript);
    for (int shift = -1; shift <= 1; shift++) {
      int[] all = Cuts.aroundBorders(transcript.body(), shift);
      assertEquals(expected, read(transcript, transcript.dialect(), all), "shift " + shift);
    }
  }

  @ParameterizedTest
  @MethodSource("transcripts")
  void readsAtRandomCuts(Transcript transcript) {
    Expected expected = Expected.of(transcript);
    for (int seed = 0; seed < RANDOM_CUTS; seed++) {
      int[] cuts = Cuts.random(transcript.body(), seed);
      int at = seed;
      assertEquals(
          expected,
          read(transcript, transcript.dialect(), cuts),
          () -> "random cuts of seed " + at);
    }
  }

  static Expected read(Transcript transcript, Dialect dialect, int... cuts) {
    Tap tap = new Tap(dialect, transcript.kind(), UnpooledByteBufAllocator.DEFAULT, 1 << 16);
    ByteBuf body = Unpooled.wrappedBuffer(transcript.body());
    int from = 0;
    for (int cut : cuts) {
      tap.payload(body, from, cut - from);
      from = cut;
    }
    tap.payload(body, from, body.writerIndex() - from);
    tap.readComplete();
    Expected seen = Expected.of(tap.finish(true));
    assertEquals(1, body.refCnt());
    assertEquals(0, body.readerIndex());
    return transcript.name().equals("openai-audio-01") ? seen.withoutId() : seen;
  }
}
