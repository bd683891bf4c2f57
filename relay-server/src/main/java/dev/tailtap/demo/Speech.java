package dev.tailtap.demo;

import java.util.List;

/**
 * What the demo has to say in one dialect.
 *
 * @param reasoningTokens thought before the first word, and counted as output
 */
record Speech(String text, int reasoningTokens) {

  /** One piece for each token of the text. */
  List<String> pieces() {
    return List.of(text.split("(?= )", -1));
  }

  /** Everything that came out, reasoning included. */
  int tokens() {
    return pieces().size() + reasoningTokens;
  }

  String quoted() {
    return Json.quoted(text);
  }
}
