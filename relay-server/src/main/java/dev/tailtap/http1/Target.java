package dev.tailtap.http1;

import io.netty.handler.codec.http.HttpMethod;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The target of a request (RFC 9112 section 3.2): a path, the whole URI, or {@code *} with OPTIONS.
 * What goes on of it is the path with its query, byte for byte.
 */
public final class Target {
  private static final Pattern ABSOLUTE =
      Pattern.compile("(https?)://([^/?]*)(.*)", Pattern.CASE_INSENSITIVE);
  private static final String ASTERISK = "*";

  private Target() {}

  /** The path and query of a target that has no fault; {@code *} where it is about no path. */
  public static String originForm(HttpMethod method, String target) {
    if (target.startsWith("/") || target.equals(ASTERISK)) {
      return target;
    }
    Matcher absolute = ABSOLUTE.matcher(target);
    String rest = absolute.matches() ? absolute.group(3) : "";
    if (rest.isEmpty() && HttpMethod.OPTIONS.equals(method)) {
      return ASTERISK; // RFC 9112 section 3.2.4
    }
    return rest.startsWith("/") ? rest : "/" + rest;
  }

  /**
   * The form of a path, without its query, by which routes and dialects are chosen: the same for
   * all ways to write it that a server behind us may take for one. It is never sent.
   *
   * @return null if the path has none, and so a fault
   */
  public static String normalPath(String path) {
    return NormalPath.of(path).text();
  }

  /** What is wrong with a target of visible bytes; null if nothing is. */
  static RequestFault fault(HttpMethod method, String target) {
    if (target.equals(ASTERISK)) {
      return HttpMethod.OPTIONS.equals(method) ? null : RequestFault.TARGET_FORM;
    }
    if (!target.startsWith("/")) {
      Matcher absolute = ABSOLUTE.matcher(target);
      if (!absolute.matches() || !isAuthority(absolute.group(2))) {
        return RequestFault.TARGET_FORM;
      }
    }
    String path = originForm(method, target);
    int question = path.indexOf('?');
    return pathFault(question < 0 ? path : path.substring(0, question));
  }

  /** Whether a text is a host with or without a port (RFC 3986 section 3.2), and no user. */
  static boolean isAuthority(String text) {
    Authority authority = Authority.of(text);
    return authority != null && authority.portExists();
  }

  /** Whether a Host field names the same as a target that may be a whole URI. */
  static boolean agrees(String target, String host) {
    if (target.startsWith("/")) {
      return true;
    }
    Matcher absolute = ABSOLUTE.matcher(target);
    if (!absolute.matches()) {
      return true;
    }
    String preset = absolute.group(1).equalsIgnoreCase("https") ? "443" : "80";
    return normal(absolute.group(2), preset).equals(normal(host, preset));
  }

  private static String normal(String authority, String presetPort) {
    Authority parts = Authority.of(authority);
    if (parts == null) {
      return authority;
    }
    String port = parts.port().isEmpty() ? presetPort : parts.port();
    return parts.host().toLowerCase(Locale.ROOT) + ":" + port;
  }

  /** Escapes must be whole, and what they stand for must be the same to everybody. */
  private static RequestFault pathFault(String path) {
    for (int i = path.indexOf('%'); i >= 0; i = path.indexOf('%', i + 1)) {
      boolean whole =
          i + 2 < path.length() && isHex(path.charAt(i + 1)) && isHex(path.charAt(i + 2));
      if (!whole) {
        return RequestFault.TARGET_BYTE;
      }
    }
    return NormalPath.of(path).fault();
  }

  private static boolean isHex(char c) {
    return Character.digit(c, 16) >= 0;
  }
}
