package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;

/** What was right and what was not: bytes, streams, rows, tokens. Used by one thread. */
final class Checks {
  private static final int PROMPT_TOKENS = 7;

  private final List<String> mistakes = new ArrayList<>();
  private long events;
  private long streams;
  private long rows;
  private long rowStreams;

  /** Judges a load; with a database also its rows, by their number and by the sums of tokens. */
  void judge(Contestant contestant, String model, LoadResult result, Postgres postgres) {
    events += result.received();
    streams += result.completed() + result.aborted();
    if (!result.clean()) {
      mistakes.add(
          "%s: %d of %d events lost, %d streams failed: %s"
              .formatted(
                  contestant.name(),
                  result.lost(),
                  result.sent(),
                  result.failed(),
                  result.mistakes().replace('_', ' ')));
    }
    if (contestant.writesRows() && result.failed() == 0) {
      judgeRows(contestant, model, result, postgres);
    }
  }

  private void judgeRows(
      Contestant contestant, String model, LoadResult result, Postgres postgres) {
    long expected = result.completed() + result.aborted();
    Postgres.Sums sums = postgres.awaitRows(contestant.database(), model, expected);
    rows += sums.rows();
    rowStreams += expected;
    expect(contestant, "rows", expected, sums.rows());
    // An ending may overtake its client's leaving, so what was left may count as completed.
    if (result.aborted() == 0) {
      expect(contestant, "rows of completed streams", result.completed(), sums.completed());
    }
    if (contestant.tapped()) {
      expect(contestant, "completion tokens", result.tokens(), sums.completionTokens());
      expect(contestant, "prompt tokens", PROMPT_TOKENS * result.completed(), sums.promptTokens());
    }
  }

  private void expect(Contestant contestant, String what, long expected, long found) {
    if (expected != found) {
      mistakes.add(
          "%s: %d %s where %d were expected".formatted(contestant.name(), found, what, expected));
    }
  }

  void mistake(String what) {
    mistakes.add(what);
  }

  List<String> mistakes() {
    return mistakes;
  }

  String summary() {
    return "%,d events of %,d streams compared byte by byte; %,d rows for %,d streams through Tailtap, tokens summed and equal; mistakes: %s"
        .formatted(
            events,
            streams,
            rows,
            rowStreams,
            mistakes.isEmpty() ? "none" : mistakes.size() + ", listed at the end");
  }
}
