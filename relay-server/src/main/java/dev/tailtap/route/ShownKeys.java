package dev.tailtap.route;

import dev.tailtap.keys.KeyForm;
import dev.tailtap.upstream.AuthScheme;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * The virtual keys that a request shows, or what begins as one does, wherever the libraries of the
 * providers put a key. Immutable.
 *
 * @param key the first; null: none
 * @param several whether there is another one that differs
 */
public record ShownKeys(String key, boolean several) {
  private static final ShownKeys NONE = new ShownKeys(null, false);
  private static final List<AsciiString> FIELDS =
      AuthScheme.FIELDS.stream().sorted().map(AsciiString::cached).toList();

  /**
   * Of a request.
   *
   * @param query null: it has none
   */
  public static ShownKeys of(HttpHeaders headers, String query) {
    ShownKeys shown = NONE;
    for (AsciiString field : FIELDS) {
      if (headers.contains(field)) {
        for (String value : headers.getAll(field)) {
          shown = shown.and(value.strip());
        }
      }
    }
    return query == null ? shown : shown.and(query.split("&", -1));
  }

  /**
   * With what stands in a field: a key, or a scheme, blanks and a key (RFC 9110 section 11.4). What
   * holds a key in any other way is as a whole one that is not good.
   */
  private ShownKeys and(String value) {
    int at = value.indexOf(KeyForm.PREFIX);
    if (at < 0) {
      return this;
    }
    int scheme = 0;
    while (scheme < at && value.charAt(scheme) > ' ') {
      scheme++;
    }
    String rest = scheme < at ? value.substring(scheme).strip() : "";
    if (at == 0 || rest.startsWith(KeyForm.PREFIX)) {
      return beside(at == 0 ? value : rest);
    }
    return isApart(value, at) || holdsKey(value) ? beside(value) : this;
  }

  /** Whether what stands before a place is none of what keys are made of. */
  private static boolean isApart(String value, int at) {
    char before = value.charAt(at - 1);
    return before > '~' || (!Character.isLetterOrDigit(before) && "-._~+/=".indexOf(before) < 0);
  }

  private static boolean holdsKey(String value) {
    return !KeyForm.hidden(value).equals(value);
  }

  private ShownKeys and(String[] parameters) {
    ShownKeys shown = this;
    for (String parameter : parameters) {
      int equals = parameter.indexOf('=');
      if (equals > 0 && AuthScheme.isParameter(plain(parameter.substring(0, equals)))) {
        String value = plain(parameter.substring(equals + 1)).strip();
        boolean key = value.startsWith(KeyForm.PREFIX) || holdsKey(value);
        shown = key ? shown.beside(value) : shown;
      }
    }
    return shown;
  }

  private ShownKeys beside(String other) {
    return key == null
        ? new ShownKeys(other, false)
        : new ShownKeys(key, several || !key.equals(other));
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

  /** Not what they are. */
  @Override
  public String toString() {
    return "ShownKeys[" + (key == null ? "none" : several ? "several" : "one") + "]";
  }
}
