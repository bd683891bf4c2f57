package dev.tailtap.doctor;

import dev.tailtap.record.Outcome;
import dev.tailtap.record.UsageState;
import dev.tailtap.store.CallGroup;
import java.util.function.Function;

/**
 * Why calls have no final usage: the catalogue of causes, each in plain words and with what to do.
 * {@code UPSTREAM} stands for the upstream's name. Pure; the likeliest cause is the first that the
 * evidence supports.
 */
enum Cause {
  COUNTED_BEFORE(
      "the answer was asked for again, and its usage is counted in the row that had it first",
      "nothing"),
  CLIENT_LEFT(
      "the client left before the end, and with it the usage that stands there",
      "to count such calls set usage.on-client-abort=drain"),
  NO_ANSWER(
      "the upstream could not be reached or did not answer",
      "look at upstream.UPSTREAM.url, and at the column error"),
  STREAM_CUT(
      "the stream broke off before its end",
      "look at the column error: the upstream, the network, or a time limit of upstream.UPSTREAM"),
  REFUSED_REQUEST(
      "the relay gave the request up for what the client did",
      "look at the column error, and at the limit that it names"),
  REFUSED_CALL(
      "the upstream answered with an error, which costs no tokens",
      "look at http_status; nothing is wrong with the metering"),
  ERROR_IN_STREAM(
      "the provider reported an error inside the answer",
      "ask the provider; what was counted until then is kept"),
  ENCODING(
      "the answer came encoded although identity was asked for, and could not be decoded",
      "have upstream.UPSTREAM answer without Content-Encoding, or with one of gzip, deflate, br, zstd"),
  BAD_COUNTS(
      "there is a usage object, but no counts could be read from it",
      "report it with one answer of this upstream: the dialect needs to learn its shape"),
  NOT_AN_LLM_CALL(
      "this is no call of a model: nothing in it is of any dialect",
      "nothing; or route such paths past the relay"),
  DIALECT_MISMATCH(
      "the answer has nothing of the dialect that it was read in",
      "set upstream.UPSTREAM.dialect to what it speaks, or to auto"),
  DECLINED(
      "the client said that it wants no usage (stream_options.include_usage=false)",
      "have the client leave that out: the relay then asks, and hides the frame"),
  QUESTION_REFUSED(
      "the upstream refused the question for usage, and reports none unasked",
      "set upstream.UPSTREAM.usage=leave to save the second try; the provider does not report"),
  NOT_ASKED(
      "nobody asked for usage, and this dialect reports it only when asked",
      "set upstream.UPSTREAM.usage=ask"),
  TOO_LARGE_TO_ASK(
      "the request was too large to be held whole, so the relay did not ask for usage",
      "raise limits.held-body (and limits.memory), or have the client ask by itself"),
  IGNORED(
      "usage was asked for, and the provider ignored it",
      "ask the provider, or update the server behind upstream.UPSTREAM"),
  SILENT(
      "the provider reported no usage",
      "look whether this endpoint reports any; if it does, set upstream.UPSTREAM.dialect"),
  EARLY_COUNTS(
      "the provider reported only zeros, or only what it knew at the beginning",
      "ask the provider; the numbers so far are kept");

  private final String words;
  private final String advice;

  Cause(String words, String advice) {
    this.words = words;
    this.advice = advice;
  }

  String words() {
    return words;
  }

  String advice(String upstream) {
    return advice.replace("UPSTREAM", upstream);
  }

  /** Whether such calls cost no tokens, or none that another row has not. */
  boolean free() {
    return switch (this) {
      case COUNTED_BEFORE, REFUSED_CALL, NOT_AN_LLM_CALL -> true;
      case CLIENT_LEFT,
          NO_ANSWER,
          STREAM_CUT,
          REFUSED_REQUEST,
          ERROR_IN_STREAM,
          ENCODING,
          BAD_COUNTS,
          DIALECT_MISMATCH,
          DECLINED,
          QUESTION_REFUSED,
          NOT_ASKED,
          TOO_LARGE_TO_ASK,
          IGNORED,
          SILENT,
          EARLY_COUNTS ->
          false;
    };
  }

  /** The likely cause for a group whose usage is not final. */
  static Cause of(CallGroup group) {
    if (group.usageState().equals(UsageState.REPEATED.column())) {
      return COUNTED_BEFORE;
    }
    Cause ending = ofEnding(group);
    if (ending != null) {
      return ending;
    }
    UsageState state = named(UsageState.values(), UsageState::column, group.usageState());
    if (state == null) {
      return ofSilence(group);
    }
    return switch (state) {
      case UNREADABLE -> group.noted("encoding").isEmpty() ? BAD_COUNTS : ENCODING;
      case PARTIAL -> EARLY_COUNTS;
      case ABSENT, FINAL, REPEATED -> ofSilence(group);
    };
  }

  /** Null: the ending explains nothing. */
  private static Cause ofEnding(CallGroup group) {
    Outcome outcome = named(Outcome.values(), Outcome::column, group.outcome());
    if (outcome == null) {
      return null;
    }
    return switch (outcome) {
      case CLIENT_GONE -> CLIENT_LEFT;
      case UNREACHABLE -> NO_ANSWER;
      case UPSTREAM_ERROR -> group.httpStatus() >= 400 ? REFUSED_CALL : ERROR_IN_STREAM;
      case REFUSED -> REFUSED_REQUEST;
      case UPSTREAM_RESET, UPSTREAM_INVALID, TIMED_OUT, INTERRUPTED ->
          group.httpStatus() == 0 ? NO_ANSWER : STREAM_CUT;
      case COMPLETED -> null;
    };
  }

  /**
   * The constant of a column's text; null for a row that another version wrote, and so knew more.
   */
  private static <E> E named(E[] constants, Function<E, String> column, String text) {
    for (E constant : constants) {
      if (column.apply(constant).equals(text)) {
        return constant;
      }
    }
    return null;
  }

  private static Cause ofSilence(CallGroup group) {
    boolean foreign = !group.answered() && !group.noted("last").equals("none");
    if (group.noted("body").equals("opaque") || group.dialect().equals("unknown")) {
      return group.answered() ? SILENT : NOT_AN_LLM_CALL;
    }
    if (foreign) {
      return DIALECT_MISMATCH;
    }
    return switch (group.noted("asked")) {
      case "declined" -> DECLINED;
      case "refused" -> QUESTION_REFUSED;
      case "no" -> NOT_ASKED;
      case "large" -> TOO_LARGE_TO_ASK;
      case "client", "relay" -> IGNORED;
      default -> SILENT;
    };
  }
}
