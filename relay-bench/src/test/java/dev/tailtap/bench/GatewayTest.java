package dev.tailtap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.bench.Subject.Kind;
import dev.tailtap.bench.load.Call;
import dev.tailtap.bench.load.Handshakes;
import dev.tailtap.bench.load.LoadResult;
import dev.tailtap.bench.load.Proc;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How other gateways come in, and that what they do wrong is theirs. */
class GatewayTest {
  @Test
  void aHeaderBelongsToTheGatewayBeforeItAndLearnsWhereTheProviderIs() {
    Options options =
        options(
            "--also=one=run --port=1 x:4000",
            "--also-header=x-host: $PROVIDER_URL/v1",
            "--also-header=x-provider: openai",
            "--also=two=run:4001");
    assertEquals(List.of("one", "two"), options.also().stream().map(Gateway::name).toList());
    Gateway first = options.also().get(0);
    assertEquals("run --port=1 x", first.command());
    assertEquals(4000, first.port());
    assertEquals(
        List.of("x-host: http://127.0.0.1:5/v1", "x-provider: openai"),
        first.headers("http://127.0.0.1:5"));
    assertEquals(List.of(), options.also().get(1).headers());
  }

  @Test
  void aRecordBelongsToTheGatewayBeforeItAndCountsWhatCameSince() {
    Options options =
        options("--also=one=run:4000", "--also=two=run:4001", "--also-record=count x");
    assertEquals(null, options.also().get(0).record());
    assertEquals("count x", options.also().get(1).record());
    assertEquals(new Tally(3, 21, 30), Tally.of("5 35 50").minus(Tally.of("2 14 20")));
    assertEquals(
        new Tally(3, Tally.UNKNOWN, Tally.UNKNOWN), Tally.of("5 - -").minus(Tally.of("2 - -")));
    assertEquals("–", Tally.text(Tally.UNKNOWN));
  }

  @Test
  void aRecordThatIsNoneIsRefused() {
    assertThrows(BenchException.class, () -> options("--also-record=count"));
    assertThrows(BenchException.class, () -> Tally.of(""));
    assertThrows(BenchException.class, () -> Tally.of("1 2"));
    assertThrows(BenchException.class, () -> Tally.of("1 2 x"));
  }

  @Test
  void whatIsNoGatewayOrNoHeaderIsRefused() {
    assertThrows(BenchException.class, () -> options("--also=one=run"));
    assertThrows(BenchException.class, () -> options("--also=run:4000"));
    assertThrows(BenchException.class, () -> options("--also-header=x: y"));
    assertThrows(BenchException.class, () -> options("--also=one=run:1", "--also-header=x"));
    assertThrows(BenchException.class, () -> options("--also=one=run:1", "--also-header=x: a\r\n"));
  }

  @Test
  void theRunFailsForAMistakeOfATargetAndNotForOneOfAnExternalGateway() {
    Checks checks = new Checks();
    judge(checks, Kind.EXTERNAL);
    assertEquals(List.of(), checks.mistakes());
    assertEquals(1, checks.externalMistakes().size());
    assertTrue(checks.externalMistakes().get(0).startsWith("someone: 1 of 10 events lost"));
    judge(checks, Kind.LOOSE);
    judge(checks, Kind.NATIVE);
    assertEquals(2, checks.mistakes().size());
  }

  @Test
  void onlyWhatWasComparedByteByByteIsCountedSo() {
    Checks checks = new Checks();
    judge(checks, Kind.NATIVE);
    assertFalse(checks.summary().contains("marks"));
    judge(checks, Kind.EXTERNAL);
    assertTrue(
        checks
            .summary()
            .startsWith(
                "9 events of 1 streams compared byte by byte; 9 events of 1 streams with frames"));
  }

  private static void judge(Checks checks, Kind kind) {
    Subject subject = new Subject("someone", 1, null, kind, null);
    checks.judge(subject, "load-1", Call.Kind.STREAM, lossy(), null);
  }

  private static LoadResult lossy() {
    return new LoadResult(
        1,
        9,
        0,
        new Proc.Cpu(0, 0),
        0,
        0,
        10,
        9,
        1,
        0,
        0,
        9,
        0,
        LoadResult.histogram(),
        LoadResult.histogram(),
        LoadResult.histogram(),
        LoadResult.histogram(),
        Handshakes.NONE,
        "");
  }

  /** Each argument is {@code NAME=VALUE}. */
  private static Options options(String... args) {
    return new Options(
        List.of(args).stream().flatMap(arg -> List.of(arg.split("=", 2)).stream()).toList());
  }
}
