package dev.tailtap.keys;

import dev.tailtap.config.KeysConfig.Required;
import dev.tailtap.keys.VirtualKey.Judgement;
import dev.tailtap.stats.Stats;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the virtual key of one request costs, in nanoseconds: its form, its digest, the look into
 * the table, and whether it has ended. Of one that is good, of a guess in the right form, and of
 * one that is mistyped.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KeyBenchmark {
  private static final int SHOWN = 1_024;

  @Param({"10", "10000"})
  private int keys;

  private final List<String> good = new ArrayList<>();
  private final List<String> guesses = new ArrayList<>();
  private final List<String> typos = new ArrayList<>();
  private KeyLookup lookup;
  private int turn;

  @Setup
  public void make() {
    SecureRandom random = new SecureRandom();
    Keyring ring = new Keyring(InstantSource.system());
    List<KeyEntry> entries = new ArrayList<>();
    Instant end = Instant.now().plusSeconds(86_400);
    for (int i = 0; i < keys; i++) {
      String key = KeyForm.issue(random);
      good.add(key);
      entries.add(
          new KeyEntry(
              "vk_" + i,
              KeyForm.hash(key),
              "tenant",
              "",
              List.of(),
              List.of(),
              List.of(),
              null,
              end,
              false,
              Map.of()));
    }
    ring.hold(entries, Instant.now());
    lookup = new KeyLookup(ring, new Stats());
    for (int i = 0; i < SHOWN; i++) {
      String key = KeyForm.issue(random);
      guesses.add(key);
      typos.add(key.substring(0, 40) + (key.charAt(40) == 'x' ? 'y' : 'x'));
    }
  }

  /** One that there is. */
  @Benchmark
  public Judgement ofAKey() {
    return lookup.judge(good.get((turn++ & Integer.MAX_VALUE) % keys), false, Required.AUTO);
  }

  /** One that nobody has. */
  @Benchmark
  public Judgement ofAGuess() {
    return lookup.judge(guesses.get((turn++ & Integer.MAX_VALUE) % SHOWN), false, Required.AUTO);
  }

  /** One that is mistyped. */
  @Benchmark
  public Judgement ofATypo() {
    return lookup.judge(typos.get((turn++ & Integer.MAX_VALUE) % SHOWN), false, Required.AUTO);
  }

  /** None, where none is needed. */
  @Benchmark
  public Judgement ofNone() {
    return lookup.judge(null, false, Required.FALSE);
  }
}
