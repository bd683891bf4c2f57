package dev.tailtap.config;

/**
 * Which paths go to which upstream; the longest matching prefix wins.
 *
 * @param path begins with a slash; matches whole segments
 * @param upstream the name of a configured upstream
 */
public record RouteConfig(String name, String path, String upstream) {}
