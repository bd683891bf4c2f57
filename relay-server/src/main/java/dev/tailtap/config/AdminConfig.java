package dev.tailtap.config;

import static dev.tailtap.config.ValueType.ADDRESS;

import java.net.InetSocketAddress;

/**
 * The second port: health, metrics, figures.
 *
 * @param token what callers must present as a bearer token; empty: nothing is asked
 */
public record AdminConfig(InetSocketAddress listen, String token) {
  public static final Setting<InetSocketAddress> LISTEN =
      Setting.of("admin.listen", ADDRESS, "127.0.0.1:9090");
  public static final Setting<String> TOKEN = Setting.of("admin.token", ValueType.TOKEN, "");

  static AdminConfig of(Settings settings) {
    return new AdminConfig(settings.get(LISTEN), settings.get(TOKEN));
  }

  @Override
  public String toString() {
    return "AdminConfig[listen=" + listen + ", token=" + (token.isEmpty() ? "" : "***") + "]";
  }
}
