package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** What the caller typed behind {@code ./relay bench}, and the loads that follow from it. */
final class Options {
  static final String USAGE =
      """
      Measures what a relay costs, beside nginx, HAProxy and bare relays in the same run.

        ./relay bench                   the whole run, less than half an hour
        ./relay bench --quick           less than three minutes
        ./relay bench --smoke           half a minute; checks bytes, streams and counts, exits 1 on a mistake
        ./relay bench --target HOST:PORT --provider-port P
                                        only what listens there and forwards to 127.0.0.1:P
        ./relay bench --micro [REGEX]   the micro-benchmarks (JMH)

      The load
        --streams N          open at any time (500)
        --interval TIME      between two events of a stream: 20ms, 500us
        --event-bytes N      of one event (220)
        --events N           of a stream (250)
        --warm-up TIME       of each contestant on a JVM, before the first round
        --ramp TIME          over which the streams begin (500ms)
        --duration TIME      of one measurement
        --rounds N           measurements of each contestant
        --aborts PERCENT     streams that their client leaves half way (0)
        --slow PERCENT       clients that read ten times a second (0)

      The contestants
        --only NAME,NAME     of: bare (C), bare (Netty), nginx, HAProxy, Tailtap epoll, Tailtap untapped, Tailtap io_uring
        --also NAME=COMMAND:PORT   one more gateway that listens on PORT and forwards to $PROVIDER_URL (repeatable)
        --also-header 'NAME: VALUE'   a request header for the --also before it; $PROVIDER_URL in it is replaced (repeatable)
        --tls                clients of --target speak TLS
        --loose              --target writes frames of its own: look for the events only
        --pid PID            of --target: measure its CPU time and memory

        --out DIR            where report.html and report.md go (bench-report)
        --help               this text
      """;

  private static final Set<String> FLAGS = Set.of("quick", "smoke", "tls", "loose", "help");
  private static final Set<String> VALUES =
      Set.of(
          "target",
          "provider-port",
          "streams",
          "interval",
          "event-bytes",
          "events",
          "warm-up",
          "ramp",
          "duration",
          "rounds",
          "aborts",
          "slow",
          "only",
          "also",
          "also-header",
          "pid",
          "out");

  private final String line;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final List<Gateway> also = new ArrayList<>();
  private final Scale scale;

  /**
   * Understands the arguments.
   *
   * @throws BenchException if it cannot; the message says why
   */
  Options(List<String> args) {
    line = String.join(" ", args);
    for (int i = 0; i < args.size(); i++) {
      String name = args.get(i).replaceFirst("^--", "");
      if (FLAGS.contains(name)) {
        values.put(name, "true");
      } else if (VALUES.contains(name) && i + 1 < args.size()) {
        put(name, args.get(++i));
      } else {
        throw new BenchException(args.get(i) + ": not an option that is known here; see --help");
      }
    }
    if (has("target") && !has("provider-port")) {
      throw new BenchException("--target needs --provider-port: where the target forwards to");
    }
    scale = has("smoke") ? Scale.SMOKE : has("quick") || has("target") ? Scale.QUICK : Scale.FULL;
  }

  private void put(String name, String value) {
    if (name.equals("target") && !value.matches(".+:\\d{1,5}")) {
      throw new BenchException("--target " + value + ": must be HOST:PORT");
    } else if (name.equals("also")) {
      also.add(Gateway.of(value));
    } else if (!name.equals("also-header")) {
      values.put(name, value);
    } else if (also.isEmpty()) {
      throw new BenchException("--also-header " + value + ": must stand behind an --also");
    } else {
      also.add(also.remove(also.size() - 1).with(value));
    }
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String commandLine() {
    return "./relay bench" + (line.isEmpty() ? "" : " " + line);
  }

  Scale scale() {
    return scale;
  }

  Path out() {
    return Path.of(values.getOrDefault("out", "bench-report")).toAbsolutePath();
  }

  List<Gateway> also() {
    return also;
  }

  boolean wants(String contestant) {
    String only = values.get("only");
    return only == null
        || List.of(only.toLowerCase(Locale.ROOT).split(" *, *", -1))
            .contains(contestant.toLowerCase(Locale.ROOT));
  }

  String text(String name) {
    return values.get(name);
  }

  int providerPort() {
    return count("provider-port", 0);
  }

  int rounds() {
    return count("rounds", scale.rounds);
  }

  int streams() {
    return count("streams", scale.streams);
  }

  int eventBytes() {
    return count("event-bytes", 220);
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
    return with(plan, Math.max(2, plan.events() / 5), plan.rampMs(), plan.settleMs(), false);
  }

  int warmUps(boolean compiledAtRunTime) {
    return compiledAtRunTime ? Math.max(1, warmUpMs() / window()) : 1;
  }

  private int warmUpMs() {
    return micros("warm-up", scale.warmUpMs * 1_000) / 1_000;
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
    return with(plan, 2, streams / 2, 500, false);
  }

  LoadPlan neighbours(boolean firehose) {
    LoadPlan plan = plan(500, 50_000, 3_000);
    return with(plan, 1_000_000, plan.rampMs(), plan.settleMs(), firehose);
  }

  LoadPlan oneStream() {
    return with(plan(1, 10_000, 50), 1_000_000, 0, 10, false);
  }

  private static LoadPlan with(
      LoadPlan plan, int events, int rampMs, int settleMs, boolean firehose) {
    return new LoadPlan(
        plan.host(),
        plan.port(),
        plan.model(),
        plan.streams(),
        events,
        plan.intervalUs(),
        plan.eventBytes(),
        rampMs,
        settleMs,
        plan.windowMs(),
        0,
        0,
        plan.tapped(),
        firehose,
        plan.exact(),
        plan.tls(),
        plan.headers(),
        plan.pids());
  }

  private LoadPlan plan(int streams, int intervalUs, int windowMs) {
    return new LoadPlan(
        host(),
        0,
        "load",
        streams,
        count("events", 250),
        intervalUs,
        eventBytes(),
        micros("ramp", scale == Scale.SMOKE ? 100_000 : 500_000) / 1_000,
        scale == Scale.SMOKE ? 100 : 300,
        windowMs,
        count("aborts", 0),
        count("slow", 0),
        true,
        false,
        true,
        has("tls"),
        List.of(),
        List.of());
  }

  String host() {
    String target = values.get("target");
    return target == null ? "127.0.0.1" : target.substring(0, Math.max(0, target.lastIndexOf(':')));
  }

  private int intervalUs() {
    return micros("interval", 20_000);
  }

  private int window() {
    return micros("duration", scale.windowMs * 1_000) / 1_000;
  }

  private int count(String name, int otherwise) {
    String value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.matches("\\d{1,8}")) {
      throw new BenchException("--" + name + " " + value + ": must be a number");
    }
    return Integer.parseInt(value);
  }

  private int micros(String name, int otherwise) {
    String value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.matches("\\d{1,6}(us|ms|s)")) {
      throw new BenchException("--" + name + " " + value + ": must be a time such as 20ms");
    }
    int number = Integer.parseInt(value.replaceAll("\\D", ""));
    return Math.multiplyExact(
        number, value.endsWith("us") ? 1 : value.endsWith("ms") ? 1_000 : 1_000_000);
  }
}
