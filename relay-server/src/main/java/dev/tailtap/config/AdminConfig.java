package dev.tailtap.config;

import static dev.tailtap.config.ValueType.ADDRESS;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * The second port: health, metrics, figures.
 *
 * @param hosts by which names it may be asked while there is no token, beside those of the machine
 * @param token what callers must present as a bearer token; empty: nothing is asked
 */
public record AdminConfig(InetSocketAddress listen, List<String> hosts, String token) {
  public static final Setting<InetSocketAddress> LISTEN =
      Setting.of(
              "admin.listen",
              ADDRESS,
              "127.0.0.1:9090",
              "Where health, metrics and figures are served, HOST:PORT")
          .atStart();
  public static final Setting<List<String>> HOSTS =
      Setting.of(
          "admin.hosts",
          ValueType.HOSTS,
          "",
          "By which names the admin port may be asked while it has no token, beside those of the machine");
  public static final Setting<String> TOKEN =
      Setting.of(
          "admin.token",
          ValueType.TOKEN,
          "",
          "What callers of the admin port present as a bearer token; empty: nothing is asked");

  /** Copies the list. */
  public AdminConfig {
    hosts = List.copyOf(hosts);
  }

  /** Reads its settings alone. */
  public static AdminConfig of(Settings settings) {
    return new AdminConfig(settings.get(LISTEN), settings.get(HOSTS), settings.get(TOKEN));
  }

  @Override
  public String toString() {
    return "AdminConfig[listen="
        + listen
        + ", hosts="
        + hosts
        + ", token="
        + (token.isEmpty() ? "" : "***")
        + "]";
  }
}
