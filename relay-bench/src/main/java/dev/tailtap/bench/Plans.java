package dev.tailtap.bench;

import dev.tailtap.bench.Setup.Way;
import dev.tailtap.bench.load.Call;
import dev.tailtap.bench.load.Call.Kind;
import dev.tailtap.bench.load.LoadPlan;
import java.util.List;

/** The loads of the real path, as large as the run is. */
final class Plans {
  private static final int MB = 1_000_000;

  /** In closed loops nothing has to be spread over time. */
  private static final int RAMP_MS = 100;

  private static final int SETTLE_MS = 100;

  /** Between two calls of one client: an answer of 13 ms and a pause of up to as much. */
  private static final int BEGINNING_US = 13_333;

  private final Options options;

  Plans(Options options) {
    this.options = options;
  }

  private int size(int smoke, int quick, int full) {
    return switch (options.scale()) {
      case SMOKE -> smoke;
      case QUICK -> quick;
      case FULL -> full;
    };
  }

  /** Of each load; six are the fewest that have an interval. */
  int rounds() {
    return options.count(Option.ROUNDS, size(1, 6, 9));
  }

  private int windowMs() {
    return options.window(size(200, 700, 4_000));
  }

  /** How often a plan is run before the rounds that count. */
  int warmUps(Subject subject) {
    boolean compiles = subject.onJvm() || subject.isExternal();
    return compiles ? Math.max(1, options.warmUpMs() / windowMs()) : 1;
  }

  /** Of calls, which cost a relay most while its code is compiled on the core that it needs. */
  int shortWarmUps(Subject subject) {
    return 2 * warmUps(subject) - 1;
  }

  /** Fewer streams than without TLS: the load speaks it too, at one end or both, on one core. */
  LoadPlan tls() {
    return options.plan(options.count(Option.STREAMS, size(40, 300, 300)), 20_000, windowMs());
  }

  /**
   * As many streams at once, on connections that nobody has yet; each has begun, and then stays.
   */
  LoadPlan handshakes(boolean resumed) {
    int streams = size(40, 1_000, 1_000);
    return options
        .plan(streams, 600_000_000, 20_000)
        .with(2, 0, 0, false)
        .with(Call.firstStreams(streams, true, resumed));
  }

  /** Where TLS is spoken: in the smallest run on both sides at once. */
  List<Way> ways() {
    return options.scale() == Scale.SMOKE
        ? List.of(Way.BOTH)
        : List.of(Way.PROVIDER, Way.CLIENT, Way.BOTH);
  }

  /** Whether handshakes of this way are measured: those of both sides tell least of either. */
  boolean hasHandshakes(Way way) {
    return way != Way.BOTH || options.scale() != Scale.QUICK;
  }

  /** Whether all is measured; the smallest run leaves out what starts more processes to no end. */
  boolean isWhole() {
    return options.scale() != Scale.SMOKE;
  }

  /**
   * Before the first handshakes that count: code that is new would pass for a kind of handshake.
   */
  int handshakeWarmUps(Subject subject) {
    return subject.onJvm() ? size(1, 5, 5) : 1;
  }

  List<Integer> shortConnections() {
    return options.scale() == Scale.SMOKE ? List.of(16) : List.of(64, 512);
  }

  /** One small answer after the other on each connection. */
  LoadPlan shortCalls(int connections) {
    return options
        .plan(connections, 0, windowMs())
        .with(1, RAMP_MS, SETTLE_MS, false)
        .with(Call.of(Kind.JSON, 0));
  }

  List<Integer> burstEvents() {
    return List.of(1, 10, 50);
  }

  /** Streams of so many events without a pause, one after the other on each connection. */
  LoadPlan bursts(int events) {
    return options.plan(size(16, 64, 64), 0, windowMs()).with(events, RAMP_MS, SETTLE_MS, false);
  }

  List<Integer> lightStreams() {
    return options.scale() == Scale.SMOKE ? List.of(5) : List.of(1, 5, 20);
  }

  /** Streams of half a second, so that a window has beginnings. */
  LoadPlan light(int streams) {
    LoadPlan plan = options.plan(streams, 50_000, options.window(size(700, 2_000, 8_000)));
    return plan.with(10, plan.rampMs(), plan.settleMs(), false);
  }

  /** As few streams as gateways in other languages bring without delay on one core. */
  LoadPlan peers() {
    int streams = options.count(Option.STREAMS, size(5, 20, 20));
    LoadPlan plan = options.plan(streams, 50_000, options.window(size(700, 2_000, 8_000)));
    return plan.with(10, plan.rampMs(), plan.settleMs(), false);
  }

  /** So many of these streams and no more, whose clients ask for the usage or not. */
  LoadPlan calls(boolean usage) {
    LoadPlan plan = options.plan(peers().streams(), 50_000, 60_000);
    return plan.with(10, plan.rampMs(), plan.settleMs(), false)
        .with(Call.streams(size(20, 200, 200), usage));
  }

  /** Before the light loads: what a relay has done that has been at work for long. */
  LoadPlan beforeLight() {
    return options.plan(64, 5_000, windowMs()).with(10, RAMP_MS, SETTLE_MS, false);
  }

  /** So many calls of one client, one every 20 ms. */
  LoadPlan beginning(int calls) {
    return options
        .plan(1, BEGINNING_US, 60_000)
        .with(1, 0, 0, false)
        .with(Call.firstStreams(calls, false, true));
  }

  int firstCalls() {
    return size(10, 100, 100);
  }

  int nextCalls() {
    return size(20, 300, 300);
  }

  int starts() {
    return size(1, 2, 6);
  }

  /** Streams that end after a quarter of a second, so that many begin beside those that run. */
  LoadPlan beginningBesideOthers() {
    int streams = options.count(Option.STREAMS, size(20, 150, 150));
    LoadPlan plan = options.plan(streams, 20_000, options.window(size(300, 1_500, 4_000)));
    return plan.with(12, plan.rampMs(), plan.settleMs(), false);
  }

  /** For how long writers send batches, in milliseconds. */
  int writingMs() {
    return options.window(size(300, 1_500, 4_000));
  }

  LoadPlan upload() {
    return bodies(Kind.UPLOAD, size(2, 20, 20) * MB, 4);
  }

  LoadPlan download() {
    return bodies(Kind.DOWNLOAD, size(5, 50, 50) * MB, 4);
  }

  LoadPlan packed() {
    return bodies(Kind.GZIP, 256 * 1024, 16);
  }

  private LoadPlan bodies(Kind kind, int bytes, int connections) {
    return options
        .plan(connections, 0, windowMs())
        .with(1, 0, SETTLE_MS, false)
        .with(Call.of(kind, bytes));
  }
}
