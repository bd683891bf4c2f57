package dev.tailtap.record;

/**
 * Who calls and what for, in the caller's own words: claims, and no proof of anything. Null is
 * unsaid.
 *
 * @param session a conversation, or a run of a program
 * @param agent one of several that work in a session
 * @param client the program, and its version
 * @param clientRetry how often the program had tried before
 * @param tags what the settings have kept of its header, as a flat JSON object of texts
 */
public record Caller(
    String session, String agent, String client, Integer clientRetry, String tags) {

  /** Nothing said. */
  public static final Caller UNSAID = new Caller(null, null, null, null, null);
}
