package dev.tailtap.upstream;

import dev.tailtap.http1.Target;
import dev.tailtap.keys.KeyForm;
import io.netty.handler.codec.http.QueryStringDecoder;

/**
 * Takes parts out of a request's path and query; every other byte stays as the client wrote it.
 * Stateless, any thread.
 */
final class TargetRewrite {
  /** A character that is escaped three times over has seven. */
  private static final int MOST_SPELLING = 8;

  private TargetRewrite() {}

  /**
   * Without a leading path: as it is where that does not lead it, whole segments considered, in
   * whatever way they are written.
   *
   * @param prefix in its normal form; empty: none
   */
  static String withoutPrefix(String originForm, String prefix) {
    if (prefix.isEmpty() || !originForm.startsWith("/")) {
      return originForm;
    }
    int question = originForm.indexOf('?');
    int end = question < 0 ? originForm.length() : question;
    int cut = cut(originForm, end, prefix);
    if (cut < 0) {
      return originForm;
    }
    String rest = originForm.substring(cut);
    return rest.startsWith("/") ? rest : "/" + rest;
  }

  /** Where the prefix ends in a path; -1: it does not lead there, or is spelled at great length. */
  private static int cut(String path, int end, String prefix) {
    if (path.startsWith(prefix) && isSegmentEnd(path, prefix.length(), end)) {
      return prefix.length();
    }
    int last = (int) Math.min(end, (long) MOST_SPELLING * prefix.length());
    for (int i = 1; i <= last; i++) {
      if (isSegmentEnd(path, i, end) && prefix.equals(Target.normalPath(path.substring(0, i)))) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isSegmentEnd(String path, int at, int end) {
    return at == end || (at < end && path.charAt(at) == '/');
  }

  /**
   * Without the parameters of the query in which clients show a key, and those that hold a key of
   * this relay, whatever their names.
   */
  static String withoutCredentials(String originForm) {
    return without(originForm, true);
  }

  /** Without the parameters of the query that hold a key of this relay. */
  static String withoutVirtualKeys(String originForm) {
    boolean may = originForm.contains(KeyForm.PREFIX) || originForm.indexOf('%') >= 0;
    return may ? without(originForm, false) : originForm;
  }

  private static String without(String originForm, boolean anyKey) {
    int question = originForm.indexOf('?');
    if (question < 0) {
      return originForm;
    }
    StringBuilder kept = null; // null: nothing has been left out
    int from = question + 1;
    while (from <= originForm.length()) {
      int and = originForm.indexOf('&', from);
      int end = and < 0 ? originForm.length() : and;
      String parameter = originForm.substring(from, end);
      if ((anyKey && isCredential(parameter)) || holdsVirtualKey(parameter)) {
        kept =
            kept != null
                ? kept
                : new StringBuilder(originForm).delete(from - 1, originForm.length());
      } else if (kept != null) {
        kept.append(kept.length() == question ? '?' : '&').append(parameter);
      }
      from = end + 1;
    }
    return kept == null ? originForm : kept.toString();
  }

  private static boolean isCredential(String parameter) {
    int equals = parameter.indexOf('=');
    return AuthScheme.isParameter(plain(equals < 0 ? parameter : parameter.substring(0, equals)));
  }

  private static boolean holdsVirtualKey(String parameter) {
    String text = plain(parameter);
    return !KeyForm.hidden(text).equals(text);
  }

  private static String plain(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    try {
      return QueryStringDecoder.decodeComponent(text);
    } catch (IllegalArgumentException noEscape) {
      return text;
    }
  }
}
