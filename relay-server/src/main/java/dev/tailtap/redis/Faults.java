package dev.tailtap.redis;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the server's errors mean, by their words; of these only the code may be shown. */
final class Faults {
  private static final Pattern CODE = Pattern.compile("^([A-Z]{2,20})\\b");

  private Faults() {}

  /**
   * The functions, or the script, are gone: FLUSH, a restart without persistence, another server.
   */
  static boolean forgotten(String error) {
    return error.startsWith("NOSCRIPT")
        || error.toLowerCase(Locale.ROOT).startsWith("err function not found");
  }

  /** The server is too old for functions, or somebody has taken them out. */
  static boolean unknownCommand(String error) {
    return error.toLowerCase(Locale.ROOT).startsWith("err unknown command");
  }

  /** READONLY, OOM, LOADING, WRONGPASS and so on; ERR where it has none. */
  static String code(String error) {
    Matcher matcher = CODE.matcher(error);
    return matcher.find() ? matcher.group(1) : "ERR";
  }
}
