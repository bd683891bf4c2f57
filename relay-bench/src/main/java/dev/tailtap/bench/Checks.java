package dev.tailtap.bench;

import dev.tailtap.bench.load.Call;
import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;

/** What was right and what was not: bytes, streams, rows, tokens. Used by one thread. */
final class Checks {
  static final int PROMPT_TOKENS = 7;

  private final List<String> mistakes = new ArrayList<>();
  private final List<String> externalMistakes = new ArrayList<>();
  private long events;
  private long streams;
  private long looseEvents;
  private long looseStreams;
  private long rows;
  private long rowStreams;

  /** Judges a load; with a database also its rows, by their number and by the sums of tokens. */
  void judge(Subject subject, String model, Call.Kind kind, LoadResult result, Postgres postgres) {
    count(subject, result);
    if (!result.clean()) {
      (subject.isExternal() ? externalMistakes : mistakes)
          .add(
              "%s: %d of %d events lost, %d streams failed: %s"
                  .formatted(
                      subject.name(),
                      result.lost(),
                      result.sent(),
                      result.failed(),
                      result.mistakes().replace('_', ' ')));
    }
    if (subject.writesRows() && result.failed() == 0) {
      judgeRows(subject, model, kind, result, postgres);
    }
  }

  /** Takes a mistake that somebody else has found; empty: there was none. */
  void mistake(String what, String found) {
    if (!found.isEmpty()) {
      mistakes.add(what + ": " + found);
    }
  }

  private void count(Subject subject, LoadResult result) {
    long ended = result.completed() + result.aborted();
    if (subject.exact()) {
      events += result.received();
      streams += ended;
    } else {
      looseEvents += result.received();
      looseStreams += ended;
    }
  }

  private void judgeRows(
      Subject subject, String model, Call.Kind kind, LoadResult result, Postgres postgres) {
    long expected = result.completed() + result.aborted();
    Postgres.Sums sums = postgres.awaitRows(subject.database(), model, expected);
    rows += sums.rows();
    rowStreams += expected;
    expect(subject, "rows", expected, sums.rows());
    // An ending may overtake its client's leaving, so what was left may count as completed.
    if (result.aborted() == 0) {
      expect(subject, "rows of completed streams", result.completed(), sums.completed());
    }
    if (subject.tapped()) {
      boolean some = result.aborted() > 0; // of which the usage may have come
      long prompts = kind.hasUsage() ? PROMPT_TOKENS * result.completed() : 0;
      tokens(subject, "completion tokens", result.tokens(), sums.completionTokens(), some);
      tokens(subject, "prompt tokens", prompts, sums.promptTokens(), some);
    }
  }

  private void tokens(Subject subject, String what, long expected, long found, boolean more) {
    expect(subject, what, more ? Math.max(expected, found) : expected, found);
  }

  private void expect(Subject subject, String what, long expected, long found) {
    if (expected != found) {
      mistakes.add(
          "%s: %d %s where %d were expected".formatted(subject.name(), found, what, expected));
    }
  }

  void mistake(String what) {
    mistakes.add(what);
  }

  List<String> mistakes() {
    return mistakes;
  }

  /** What other gateways did wrong; a run does not fail for it. */
  List<String> externalMistakes() {
    return externalMistakes;
  }

  String summary() {
    String loose = "; %,d events of %,d streams with frames of others by their marks";
    return "%,d events of %,d streams compared byte by byte%s; %,d rows for %,d streams through Tailtap, tokens summed and equal; mistakes: %s"
        .formatted(
            events,
            streams,
            looseStreams == 0 ? "" : loose.formatted(looseEvents, looseStreams),
            rows,
            rowStreams,
            mistakes.isEmpty() ? "none" : mistakes.size() + ", listed at the end");
  }
}
