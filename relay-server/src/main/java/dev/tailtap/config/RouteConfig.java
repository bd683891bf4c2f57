package dev.tailtap.config;

import static dev.tailtap.config.ValueType.ROUTE;
import static dev.tailtap.config.ValueType.TEXT;

/**
 * Which paths go to which upstream; the longest matching prefix wins.
 *
 * @param path begins with a slash; matches whole segments
 * @param upstream the name of a configured upstream
 */
public record RouteConfig(String name, String path, String upstream) {
  public static final Setting<String> PATH = Setting.required("route.NAME.path", ROUTE);
  public static final Setting<String> UPSTREAM = Setting.required("route.NAME.upstream", TEXT);

  static RouteConfig of(Settings settings, String name) {
    return new RouteConfig(name, settings.get(PATH, name), settings.get(UPSTREAM, name));
  }
}
