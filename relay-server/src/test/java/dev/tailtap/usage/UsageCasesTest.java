package dev.tailtap.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.record.UsageReading;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies of which counts went wrong somewhere give the columns that they are worth, at any cut. */
class UsageCasesTest {
  /** What could be read in two ways and is met; docs/DECISIONS.md has the reasons, and the rest. */
  private static final Set<String> DECIDED =
      Set.of(
          "anth-delta-inclusive",
          "anth-input-never",
          "bedrock-metrics-no-cache",
          "codex-no-ct",
          "gemini-embed",
          "llama-native",
          "mistral-conv",
          "pplx-deep-research",
          "replicate-metrics",
          "tgi-native");

  @BeforeAll
  static void findCases() {
    assumeTrue(!UsageCase.all().isEmpty(), () -> "no cases at " + UsageCase.folder());
  }

  static Stream<UsageCase> cases() {
    return UsageCase.all().stream()
        .filter(one -> one.isWrong() || DECIDED.contains(one.name()))
        .filter(one -> !one.isOfSeveral());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void readsWhole(UsageCase one) {
    assertReads(one, one.dialect());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void readsUnasked(UsageCase one) {
    assertReads(one, Dialect.UNKNOWN);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void readsByteByByte(UsageCase one) {
    assertReads(one, one.dialect(), Cuts.everywhere(one.body()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void readsCutAtEveryByte(UsageCase one) {
    IntStream.range(1, one.body().length).forEach(cut -> assertReads(one, one.dialect(), cut));
  }

  private static void assertReads(UsageCase one, Dialect dialect, int... cuts) {
    UsageReading reading = read(one, dialect, cuts);
    assertEquals(one.expected(), one.of(reading), () -> "cut at " + Arrays.toString(cuts));
    for (String held : one.rawMustHold()) {
      assertTrue(reading.raw().contains(held), reading::raw);
    }
  }

  private static UsageReading read(UsageCase one, Dialect dialect, int... cuts) {
    Tap tap = new Tap(dialect, one.kind(), UnpooledByteBufAllocator.DEFAULT, 1 << 16);
    ByteBuf body = Unpooled.wrappedBuffer(one.body());
    int from = 0;
    for (int cut : cuts) {
      tap.payload(body, from, cut - from);
      tap.readComplete();
      from = cut;
    }
    tap.payload(body, from, body.writerIndex() - from);
    tap.readComplete();
    return tap.finish(true);
  }
}
