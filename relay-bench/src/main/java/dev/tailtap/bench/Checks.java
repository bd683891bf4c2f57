package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;

/** What was right and what was not: bytes, streams, rows, tokens. Used by one thread. */
final class Checks {
  private static final int PROMPT_TOKENS = 7;

  private final List<String> mistakes = new ArrayList<>();
  private final List<String> guestsMistakes = new ArrayList<>();
  private long events;
  private long streams;
  private long looseEvents;
  private long looseStreams;
  private long rows;
  private long rowStreams;

  /** Judges a load; with a database also its rows, by their number and by the sums of tokens. */
  void judge(Contestant contestant, String model, LoadResult result, Postgres postgres) {
    count(contestant, result);
    if (!result.clean()) {
      (contestant.isGuest() ? guestsMistakes : mistakes)
          .add(
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

  private void count(Contestant contestant, LoadResult result) {
    long ended = result.completed() + result.aborted();
    if (contestant.exact()) {
      events += result.received();
      streams += ended;
    } else {
      looseEvents += result.received();
      looseStreams += ended;
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

  /** What other gateways did wrong; a run does not fail for it. */
  List<String> guestsMistakes() {
    return guestsMistakes;
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
