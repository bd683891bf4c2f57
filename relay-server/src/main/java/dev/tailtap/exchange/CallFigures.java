package dev.tailtap.exchange;

import dev.tailtap.record.CleanText;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.stats.EndedCall;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.GenAiNames;

/** What the metrics count of a row. Stateless. */
final class CallFigures {
  private static final int LONGEST_MODEL = 100;

  private CallFigures() {}

  /** Of a row that is over. */
  static EndedCall of(UsageRecord row, Dialect dialect) {
    boolean completed = row.end().outcome() == Outcome.COMPLETED;
    return new EndedCall(
        row.call().upstream(),
        model(row),
        GenAiNames.operation(dialect),
        GenAiNames.provider(dialect),
        completed,
        failed(row.end().outcome()),
        row.usage().state() == UsageState.FINAL,
        row.end().latencyMs() / 1e3,
        firstEventMs(row) / 1e3,
        completed ? outputTokenMs(row) / 1e3 : Double.NaN,
        counts(row.usage().tokens()));
  }

  private static boolean failed(Outcome outcome) {
    return switch (outcome) {
      case UPSTREAM_ERROR, UNREACHABLE, UPSTREAM_RESET, UPSTREAM_INVALID, TIMED_OUT -> true;
      case COMPLETED, CLIENT_GONE, REFUSED, INTERRUPTED -> false;
    };
  }

  /** What was asked for at the upstream, else what the client said, else what answered. */
  private static String model(UsageRecord row) {
    String model = row.call().attempt().sentModel();
    if (model == null) {
      model = row.request().model();
    }
    if (model == null) {
      model = row.usage().responseModel();
    }
    return model == null ? "" : clean(model);
  }

  private static String clean(String model) {
    String text = CleanText.of(model, LONGEST_MODEL);
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return text.replaceAll("\\p{Cntrl}", "\uFFFD");
      }
    }
    return text;
  }

  private static double firstEventMs(UsageRecord row) {
    Long firstEvent = row.response().firstEventMs();
    return row.response().streamed() && firstEvent != null ? firstEvent : Double.NaN;
  }

  /** The first token comes with the first event; the others follow. */
  private static double outputTokenMs(UsageRecord row) {
    Long tokens = row.usage().tokens().completion();
    boolean several = tokens != null && tokens > 1;
    return several ? (row.end().latencyMs() - firstEventMs(row)) / (tokens - 1) : Double.NaN;
  }

  private static EndedCall.Counts counts(Tokens tokens) {
    return new EndedCall.Counts(
        count(tokens.prompt()),
        count(tokens.cached()),
        count(tokens.cacheWrite()),
        count(tokens.completion()),
        count(tokens.reasoning()));
  }

  /** What is absurd, such as a number below zero, is the row's alone. */
  private static long count(Long tokens) {
    return tokens == null ? 0 : Math.max(0, tokens);
  }
}
