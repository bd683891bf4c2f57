package dev.tailtap.demo;

import tools.jackson.core.io.JsonStringEncoder;

/** Text inside JSON. */
final class Json {
  private Json() {}

  static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"';
  }
}
