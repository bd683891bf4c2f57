package dev.tailtap.bench;

/** How much a run does: a bounded full one, one of three minutes, one of half a minute for CI. */
enum Scale {
  FULL(9, 500, 5_000, 60_000, 5, 5, 21, 8_000, 3),
  QUICK(3, 500, 1_500, 6_000, 0, 2, 9, 2_000, 1),
  SMOKE(1, 40, 400, 300, 0, 0, 1, 100, 1);

  final int rounds;
  final int streams;
  final int windowMs;
  final int warmUpMs;
  final int fairnessRounds;
  final int starts;
  final int rowDelays;

  /** In the trial of memory: how many at most, and in how many steps of twice as many. */
  final int openStreams;

  final int openSteps;

  Scale(
      int rounds,
      int streams,
      int windowMs,
      int warmUpMs,
      int fairnessRounds,
      int starts,
      int rowDelays,
      int openStreams,
      int openSteps) {
    this.rounds = rounds;
    this.streams = streams;
    this.windowMs = windowMs;
    this.warmUpMs = warmUpMs;
    this.fairnessRounds = fairnessRounds;
    this.starts = starts;
    this.rowDelays = rowDelays;
    this.openStreams = openStreams;
    this.openSteps = openSteps;
  }
}
