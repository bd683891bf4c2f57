package dev.tailtap.doctor;

import dev.tailtap.store.CallGroup;

/**
 * What the doctor says of calls whose usage is not final. Pure.
 *
 * @param cause in plain words
 * @param advice what to do about it
 * @param evidence what the rows say
 * @param free whether such calls cost no tokens, so that nothing is missing
 */
public record Diagnosis(String cause, String advice, String evidence, boolean free) {

  /** The likely one. */
  public static Diagnosis of(CallGroup group) {
    Cause cause = Cause.of(group);
    return new Diagnosis(
        cause.words(), cause.advice(group.upstream()), evidence(group), cause.free());
  }

  private static String evidence(CallGroup group) {
    String status = group.httpStatus() == 0 ? "" : " status=" + group.httpStatus();
    String error = group.error().isEmpty() ? "" : " error=" + group.error();
    String note = group.note().isEmpty() ? "" : " " + group.note();
    return "outcome=" + group.outcome() + status + error + " dialect=" + group.dialect() + note;
  }
}
