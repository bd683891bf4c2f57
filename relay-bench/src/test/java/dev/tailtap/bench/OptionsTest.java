package dev.tailtap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the benchmark's command line takes, and how it says what it does not. */
class OptionsTest {
  @Test
  void theHelpNamesEachOption() {
    for (Option option : Option.values()) {
      assertTrue(Option.usage().contains("\n  " + option + " "), option.toString());
    }
    assertTrue(
        Option.usage().contains("HAProxy, Tailtap epoll, Tailtap untapped, Tailtap io_uring"));
  }

  @Test
  void theLastValueCounts() {
    Options options = new Options(List.of("--streams", "5", "--smoke", "--streams", "7"));
    assertEquals(7, options.streams());
    assertEquals(Scale.SMOKE, options.scale());
    assertEquals("./relay bench --streams 5 --smoke --streams 7", options.commandLine());
  }

  @Test
  void timesAreReadInTheirUnits() {
    assertEquals(500, new Options(List.of("--interval", "500us")).steady().intervalUs());
    assertEquals(2_000, new Options(List.of("--duration", "2s")).steady().windowMs());
    assertEquals(20, new Options(List.of("--ramp", "20ms")).steady().rampMs());
  }

  @Test
  void withoutALoadItIsTheStreamsAndSeveralAreRunInTheOrderOfTheHelp() {
    assertEquals(Set.of(Load.STREAMS), new Options(List.of()).loads());
    assertEquals(
        List.of(Load.TLS, Load.SHORT, Load.LIGHT, Load.BODIES, Load.LOOPS),
        List.copyOf(new Options(List.of("--load", "loops, tls,short,light,bodies")).loads()));
  }

  @Test
  void whatOnlyTheStreamsHaveIsNotStartedForOtherLoads() {
    Options streams = new Options(List.of());
    Options calls = new Options(List.of("--load", "short"));
    assertTrue(streams.wants(Subjects.IO_URING) && streams.wants(Subjects.UNTAPPED));
    assertFalse(calls.wants(Subjects.IO_URING) || calls.wants(Subjects.UNTAPPED));
    assertTrue(calls.wants(Subjects.EPOLL) && calls.wants(Subjects.NGINX));
    assertTrue(
        new Options(List.of("--load", "short", "--only", Subjects.IO_URING))
            .wants(Subjects.IO_URING));
  }

  @Test
  void aRunOfOtherLoadsThatIsNotTheSmallestHasRoundsForAnInterval() {
    for (String scale : new String[] {"--quick", "--warm-up=1s"}) {
      Plans plans = new Plans(new Options(List.of(scale.split("=", -1))));
      double[] rounds = IntStream.range(0, plans.rounds()).asDoubleStream().toArray();
      assertFalse(Double.isNaN(Spread.of(DoubleStream.of(rounds).boxed().toList()).low()), scale);
    }
  }

  @Test
  void aMistakeSaysWhatIsWrong() {
    assertEquals(
        "--load fast: must be of streams,tls,short,light,bodies,loops,peers,sums,limits",
        mistake("--load", "fast"));
    assertEquals(
        "--load: not with --target, of which only the streams are measured",
        mistake("--target", "a:1", "--provider-port", "2", "--load", "tls"));
    assertEquals("--fast: not an option that is known here; see --help", mistake("--fast"));
    assertEquals("--streams: needs a value; see --help", mistake("--streams"));
    assertEquals("--target here: must be HOST:PORT", mistake("--target", "here"));
    assertEquals(
        "--target needs --provider-port: where the target forwards to", mistake("--target", "a:1"));
    assertEquals("--streams many: must be a number", mistake("--streams", "many"));
    assertEquals("--interval 20: must be a time such as 20ms", mistake("--interval", "20"));
  }

  private static String mistake(String... args) {
    return assertThrows(BenchException.class, () -> new Options(List.of(args)).steady())
        .getMessage();
  }
}
