package dev.tailtap.bench;

import dev.tailtap.bench.load.Call;
import dev.tailtap.bench.load.LoadPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** What the caller typed behind {@code ./relay bench}, and the loads that follow from it. */
final class Options {
  private final String line;
  private final Map<Option, String> values = new EnumMap<>(Option.class);
  private final List<Gateway> also = new ArrayList<>();
  private final Scale scale;
  private final Set<Load> loads;

  /**
   * Understands the arguments.
   *
   * @throws BenchException if it cannot; the message says why
   */
  Options(List<String> args) {
    line = String.join(" ", args);
    for (int i = 0; i < args.size(); i++) {
      Option option = Option.of(args.get(i));
      if (!option.takesValue()) {
        values.put(option, "");
      } else if (i + 1 < args.size()) {
        put(option, args.get(++i));
      } else {
        throw new BenchException(option + ": needs a value; see --help");
      }
    }
    if (has(Option.TARGET) && !has(Option.PROVIDER_PORT)) {
      throw new BenchException("--target needs --provider-port: where the target forwards to");
    }
    loads = Load.of(values.getOrDefault(Option.LOAD, Load.STREAMS.toString()));
    if (has(Option.TARGET) && has(Option.LOAD)) {
      throw new BenchException("--load: not with --target, of which only the streams are measured");
    }
    scale =
        has(Option.SMOKE)
            ? Scale.SMOKE
            : has(Option.QUICK) || has(Option.TARGET) ? Scale.QUICK : Scale.FULL;
  }

  private void put(Option option, String value) {
    if (option == Option.TARGET && !value.matches(".+:\\d{1,5}")) {
      throw new BenchException("--target " + value + ": must be HOST:PORT");
    } else if (option == Option.ALSO) {
      also.add(Gateway.of(value));
    } else if (option != Option.ALSO_HEADER && option != Option.ALSO_RECORD) {
      values.put(option, value);
    } else if (also.isEmpty()) {
      throw new BenchException(option + " " + value + ": must stand behind an --also");
    } else {
      Gateway last = also.remove(also.size() - 1);
      also.add(option == Option.ALSO_HEADER ? last.with(value) : last.recordedBy(value));
    }
  }

  boolean has(Option option) {
    return values.containsKey(option);
  }

  String commandLine() {
    return "./relay bench" + (line.isEmpty() ? "" : " " + line);
  }

  Scale scale() {
    return scale;
  }

  Path out() {
    return Path.of(values.getOrDefault(Option.OUT, "bench-report")).toAbsolutePath();
  }

  Set<Load> loads() {
    return loads;
  }

  List<Gateway> also() {
    return also;
  }

  boolean wants(String subject) {
    String only = values.get(Option.ONLY);
    return only == null
        ? Subjects.isUsual(subject, loads.contains(Load.STREAMS))
        : List.of(only.toLowerCase(Locale.ROOT).split(" *, *", -1))
            .contains(subject.toLowerCase(Locale.ROOT));
  }

  String text(Option option) {
    return values.get(option);
  }

  int providerPort() {
    return count(Option.PROVIDER_PORT, 0);
  }

  int rounds() {
    return count(Option.ROUNDS, scale.rounds);
  }

  int streams() {
    return count(Option.STREAMS, scale.streams);
  }

  int eventBytes() {
    return count(Option.EVENT_BYTES, 220);
  }

  int fairnessRounds() {
    return scale.fairnessRounds;
  }

  int starts() {
    return scale.starts;
  }

  int rowDelays() {
    return scale.rowDelays;
  }

  List<Integer> openStreams() {
    return IntStream.range(0, scale.openSteps)
        .mapToObj(step -> scale.openStreams >> (scale.openSteps - 1 - step))
        .toList();
  }

  /** Steps of a quarter more. */
  List<Integer> climbingStreams(int first) {
    return IntStream.iterate(first, streams -> streams <= 8_000, streams -> streams * 5 / 4)
        .boxed()
        .toList();
  }

  /** The load that is compared. */
  LoadPlan steady() {
    return plan(streams(), intervalUs(), window());
  }

  /**
   * Rounds that do not count, of streams of a fifth of the length: what a connection and a stream
   * cost once is then as warm as what an event costs. A JIT compiles what has run some thousand
   * times, and would else do that in the rounds that count.
   */
  LoadPlan warmUp() {
    LoadPlan plan = plan(streams(), intervalUs(), Math.min(window(), warmUpMs()));
    return plan.with(Math.max(2, plan.events() / 5), plan.rampMs(), plan.settleMs(), false);
  }

  int warmUps(boolean compiledAtRunTime) {
    return compiledAtRunTime ? Math.max(1, warmUpMs() / window()) : 1;
  }

  LoadPlan shortLoad() {
    return plan(Math.min(200, streams()), intervalUs(), Math.min(1_000, scale.warmUpMs));
  }

  LoadPlan climb(int streams) {
    return plan(streams, 20_000, 3_000);
  }

  /** Streams that stay open after their first event. */
  LoadPlan quiet(int streams) {
    LoadPlan plan = plan(streams, 600_000_000, 60_000);
    return plan.with(2, streams / 2, 500, false);
  }

  LoadPlan neighbours(boolean firehose) {
    LoadPlan plan = plan(500, 50_000, 3_000);
    return plan.with(1_000_000, plan.rampMs(), plan.settleMs(), firehose);
  }

  LoadPlan oneStream() {
    return plan(1, 10_000, 50).with(1_000_000, 0, 10, false);
  }

  /** Streams at a steady pace. */
  LoadPlan plan(int streams, int intervalUs, int windowMs) {
    return new LoadPlan(
        host(),
        0,
        "load",
        streams,
        count(Option.EVENTS, 250),
        intervalUs,
        eventBytes(),
        micros(Option.RAMP, scale == Scale.SMOKE ? 100_000 : 500_000) / 1_000,
        scale == Scale.SMOKE ? 100 : 300,
        windowMs,
        count(Option.ABORTS, 0),
        count(Option.SLOW, 0),
        true,
        false,
        true,
        has(Option.TLS),
        Call.STREAM,
        List.of(),
        List.of());
  }

  String host() {
    String target = values.get(Option.TARGET);
    return target == null ? "127.0.0.1" : target.substring(0, Math.max(0, target.lastIndexOf(':')));
  }

  private int intervalUs() {
    return micros(Option.INTERVAL, 20_000);
  }

  private int window() {
    return window(scale.windowMs);
  }

  /** In milliseconds, where none was asked for. */
  int window(int otherwiseMs) {
    return micros(Option.DURATION, otherwiseMs * 1_000) / 1_000;
  }

  int warmUpMs() {
    return micros(Option.WARM_UP, scale.warmUpMs * 1_000) / 1_000;
  }

  int count(Option option, int otherwise) {
    String value = values.get(option);
    if (value == null) {
      return otherwise;
    }
    if (!value.matches("\\d{1,8}")) {
      throw new BenchException(option + " " + value + ": must be a number");
    }
    return Integer.parseInt(value);
  }

  private int micros(Option option, int otherwise) {
    String value = values.get(option);
    if (value == null) {
      return otherwise;
    }
    if (!value.matches("\\d{1,6}(us|ms|s)")) {
      throw new BenchException(option + " " + value + ": must be a time such as 20ms");
    }
    int number = Integer.parseInt(value.replaceAll("\\D", ""));
    return Math.multiplyExact(
        number, value.endsWith("us") ? 1 : value.endsWith("ms") ? 1_000 : 1_000_000);
  }
}
