package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Of every recorded stream the one frame of usage alone is hidden, wherever it is cut. */
class HiddenTranscriptsTest {

  @BeforeAll
  static void transcriptsArePresent() {
    assumeTrue(
        Transcripts.arePresent(),
        () -> "no transcripts at " + Transcripts.folder() + "; set -Dtailtap.transcripts=FOLDER");
  }

  static Stream<Transcript> streams() {
    return Transcripts.arePresent()
        ? Transcripts.all().stream().filter(one -> one.kind() == BodyKind.EVENT_STREAM)
        : Stream.empty();
  }

  @ParameterizedTest
  @MethodSource("streams")
  void hidesTheEventOfUsageAlone(Transcript transcript) {
    byte[] body = transcript.body();
    String expected = withoutUsageAlone(new String(body, ISO_8859_1));
    assertEquals(expected, passed(body, Cuts.none()));
    assertEquals(expected, passed(body, Cuts.everywhere(body)));
    for (int seed = 0; seed < 8; seed++) {
      assertEquals(expected, passed(body, Cuts.random(body, seed)));
    }
  }

  /** No recorded stream has two of them. */
  private static String withoutUsageAlone(String stream) {
    List<String> events = List.of(stream.split("(?<=\\r\\n\\r\\n|(?<!\\r)\\n\\n)", -1));
    StringBuilder rest = new StringBuilder();
    int hidden = 0;
    for (String event : events) {
      boolean alone =
          event.matches("(?s).*\"choices\": ?\\[ ?\\].*")
              && event.matches("(?s).*\"usage\": ?\\{.*");
      hidden += alone ? 1 : 0;
      rest.append(alone ? "" : event);
    }
    assertTrue(hidden <= 1);
    return rest.toString();
  }

  private static String passed(byte[] body, int[] cuts) {
    StringBuilder passed = new StringBuilder();
    UsageEventFilter stage =
        new UsageEventFilter(
            UnpooledByteBufAllocator.DEFAULT,
            1 << 16,
            slice -> {
              passed.append(slice.toString(ISO_8859_1));
              slice.release();
            });
    ByteBuf buf = Unpooled.wrappedBuffer(body);
    int from = 0;
    for (int cut : cuts) {
      stage.payload(buf, from, cut - from);
      from = cut;
    }
    stage.payload(buf, from, body.length - from);
    stage.end();
    stage.close();
    return passed.toString();
  }
}
