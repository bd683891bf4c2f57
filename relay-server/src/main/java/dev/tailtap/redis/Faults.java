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

  /** Its code, ERR where it has none, and what to do about it where that is known. */
  static String told(String error) {
    Matcher matcher = CODE.matcher(error);
    String code = matcher.find() ? matcher.group(1) : "ERR";
    String advice =
        switch (code) {
          case "WRONGPASS" -> "correct user and password in its address";
          case "NOAUTH" -> "add a password to its address";
          case "NOPERM" -> "let its user run FCALL, FUNCTION LOAD and commands on {tailtap}*";
          case "READONLY" -> "name the primary, not a replica";
          case "MOVED" -> "name the primary that has the slot of {tailtap}";
          case "OOM" -> "give it more memory";
          default -> "";
        };
    return advice.isEmpty() ? code : code + ": " + advice;
  }
}
