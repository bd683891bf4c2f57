package dev.tailtap.doctor;

import dev.tailtap.store.CallGroup;

/**
 * Why calls have no final usage: the catalogue of causes, each in plain words and with what to do.
 * {@code UPSTREAM} stands for the upstream's name. Pure; the likeliest cause is the first that the
 * evidence supports.
 */
enum Cause {
  CLIENT_LEFT(
      "the client left before the end, and with it the usage that stands there",
      "to count such calls set usage.on-client-abort=drain"),
  NO_ANSWER(
      "the upstream could not be reached or did not answer",
      "look at upstream.UPSTREAM.url, and at the column error"),
  STREAM_CUT(
      "the stream broke off before its end",
      "look at the column error: the upstream, the network, or a time limit of upstream.UPSTREAM"),
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

  /** The likely cause for a group whose usage is not final. */
  static Cause of(CallGroup group) {
    Cause ending = ofEnding(group);
    if (ending != null) {
      return ending;
    }
    return switch (group.usageState()) {
      case "unreadable" -> group.noted("encoding").isEmpty() ? BAD_COUNTS : ENCODING;
      case "partial" -> EARLY_COUNTS;
      default -> ofSilence(group);
    };
  }

  private static Cause ofEnding(CallGroup group) {
    return switch (group.outcome()) {
      case "client_gone" -> CLIENT_LEFT;
      case "unreachable" -> NO_ANSWER;
      case "upstream_error" -> group.httpStatus() >= 400 ? REFUSED_CALL : ERROR_IN_STREAM;
      case "upstream_cut", "upstream_reset", "upstream_broken", "timed_out", "interrupted" ->
          group.httpStatus() == 0 ? NO_ANSWER : STREAM_CUT;
      default -> null;
    };
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
      case "client", "relay" -> IGNORED;
      default -> SILENT;
    };
  }
}
