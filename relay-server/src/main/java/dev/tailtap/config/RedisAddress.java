package dev.tailtap.config;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a Redis or Valkey is: {@code redis://USER:PASSWORD@HOST:PORT/DATABASE}, of which only
 * scheme and host must be there; {@code rediss} or {@code valkeys} with TLS. Immutable.
 *
 * @param user of its access list; null: the default one
 * @param password null: none is asked for
 */
public record RedisAddress(
    boolean tls, String host, int port, String user, String password, int database) {
  private static final int USUAL_PORT = 6379;
  private static final Pattern SCHEME = Pattern.compile("(redis|valkey)(s?)");
  private static final Pattern DATABASE_PATH = Pattern.compile("/?|/(\\d{1,5})");

  /**
   * Reads an address.
   *
   * @throws IllegalArgumentException if it is none; the message does not show it
   */
  public static RedisAddress of(String text) {
    URI url;
    try {
      url = URI.create(text);
    } catch (IllegalArgumentException malformed) {
      throw refused();
    }
    String word = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    Matcher scheme = SCHEME.matcher(word);
    Matcher path = DATABASE_PATH.matcher(url.getRawPath() == null ? "" : url.getRawPath());
    if (!scheme.matches()
        || url.getHost() == null
        || url.getPort() == 0
        || url.getPort() > 65_535
        || !path.matches()
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw refused();
    }
    String[] who = (url.getRawUserInfo() == null ? "" : url.getRawUserInfo()).split(":", 2);
    return new RedisAddress(
        !scheme.group(2).isEmpty(),
        url.getHost().replaceAll("[\\[\\]]", ""),
        url.getPort() < 0 ? USUAL_PORT : url.getPort(),
        decoded(who[0]),
        decoded(who.length < 2 ? "" : who[1]),
        path.group(1) == null ? 0 : Integer.parseInt(path.group(1)));
  }

  /** Without what is secret. */
  @Override
  public String toString() {
    return (tls ? "rediss://" : "redis://") + host + ":" + port + "/" + database;
  }

  /** Percent-encoding alone: a plus sign is one. */
  private static String decoded(String text) {
    String plus = text.replace("+", "%2B");
    return text.isEmpty() ? null : URLDecoder.decode(plus, StandardCharsets.UTF_8);
  }

  private static IllegalArgumentException refused() {
    return new IllegalArgumentException(
        "redis:// or rediss:// (TLS), optionally USER:PASSWORD@, a host, optionally :PORT and"
            + " /DATABASE");
  }
}
