package dev.tailtap.exchange;

import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.RequestReading;
import java.util.Locale;

/** Who asked the provider for usage, or why nobody did: a token of the column usage_note. */
enum UsageAskedBy {
  CLIENT,
  RELAY,
  /** Nobody: it is not to be asked, or the request could not be read. */
  NO,
  /** The client said that it wants none. */
  DECLINED,
  /** Nobody: the upstream refuses the option, in this call or lately. */
  REFUSED,
  /** Nobody: the body was too large to be held for it. */
  LARGE,
  /** There is no such option: in this dialect, or to a response that does not stream. */
  NEVER;

  private final String token = "asked=" + name().toLowerCase(Locale.ROOT);

  String token() {
    return token;
  }

  /** By what the request says, and what became of it on its way. */
  static UsageAskedBy of(Dialect dialect, RequestBody body) {
    return switch (body.edits().usageOption()) {
      case ADDED -> RELAY;
      case TAKEN_BACK -> REFUSED;
      case LEFT, REFUSED_LATELY, TOO_LARGE -> ofTheClient(dialect, body);
    };
  }

  private static UsageAskedBy ofTheClient(Dialect dialect, RequestBody body) {
    RequestReading reading =
        body.said().reading() == null ? RequestReading.NONE : body.said().reading();
    if (!dialect.takesStreamOptions()) {
      return NEVER;
    }
    if (reading.includeUsage() != null) {
      return reading.includeUsage() ? CLIENT : DECLINED;
    }
    if (body.said().reading() != null && !Boolean.TRUE.equals(reading.stream())) {
      return NEVER;
    }
    return switch (body.edits().usageOption()) {
      case REFUSED_LATELY, TAKEN_BACK -> REFUSED;
      case TOO_LARGE -> LARGE;
      case LEFT, ADDED -> NO;
    };
  }
}
