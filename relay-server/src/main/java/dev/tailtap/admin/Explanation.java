package dev.tailtap.admin;

/**
 * Why calls have no final usage.
 *
 * @param cause in plain words
 * @param advice what to do about it
 * @param evidence what the rows say
 * @param free whether such calls cost no tokens, so that nothing is missing
 */
public record Explanation(String cause, String advice, String evidence, boolean free) {}
