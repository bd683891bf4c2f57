package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig.Unit;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageRecord;

/** What a try costs a limit, in the limit's unit. */
final class Charge {
  private static final String DOLLARS = "USD";
  private static final double NANOS = 1e-9;
  private static final double UNKNOWN = -1;

  private Charge() {}

  /** Below zero: that is not known. */
  static double of(UsageRecord call, Unit unit, Costs costs) {
    Tokens tokens = call.usage().tokens();
    return switch (unit) {
      case TOTAL -> total(tokens);
      case INPUT -> known(tokens.prompt());
      case OUTPUT -> known(tokens.completion());
      case MONEY -> {
        long nanos = costs.nanos(call, DOLLARS);
        yield nanos < 0 ? UNKNOWN : nanos * NANOS;
      }
    };
  }

  private static double total(Tokens tokens) {
    if (tokens.total() != null || (tokens.prompt() == null && tokens.completion() == null)) {
      return known(tokens.total());
    }
    return Math.max(0, known(tokens.prompt())) + Math.max(0, known(tokens.completion()));
  }

  /** What is absurd, such as a number below zero, is not known. */
  private static double known(Long count) {
    return count == null || count < 0 ? UNKNOWN : count;
  }
}
