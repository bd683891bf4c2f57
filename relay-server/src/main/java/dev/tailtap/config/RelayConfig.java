package dev.tailtap.config;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every setting of a relay, checked and complete. A new one is a constant and a component of that
 * name in one of the records, and a line in conf/relay.properties.
 *
 * @param upstreams by name, in the order of the file
 * @param routes longest path first, so that the first match is the longest
 */
public record RelayConfig(
    ServerConfig server,
    AdminConfig admin,
    Map<String, UpstreamConfig> upstreams,
    List<RouteConfig> routes,
    KeysConfig keys,
    LimitsConfig limits,
    QuotaConfig quota,
    UsageConfig usage,
    RowConfig row,
    MetricsConfig metrics,
    JournalConfig journal,
    StoreConfig store,
    LogConfig log,
    TraceConfig trace) {
  private static final Comparator<RouteConfig> LONGEST_PATH_FIRST =
      Comparator.comparing(
          RouteConfig::path,
          Comparator.nullsLast(Comparator.comparingInt(String::length).reversed()));

  public RelayConfig {
    upstreams = Collections.unmodifiableMap(new LinkedHashMap<>(upstreams));
    routes = List.copyOf(routes);
  }

  /** Reads every setting; which ones there are is what this asks for. */
  public static RelayConfig of(Settings settings) {
    return new RelayConfig(
        ServerConfig.of(settings),
        AdminConfig.of(settings),
        upstreams(settings),
        routes(settings),
        KeysConfig.of(settings),
        LimitsConfig.of(settings),
        QuotaConfig.of(settings),
        UsageConfig.of(settings),
        RowConfig.of(settings),
        MetricsConfig.of(settings),
        JournalConfig.of(settings),
        StoreConfig.of(settings),
        LogConfig.of(settings),
        TraceConfig.of(settings));
  }

  private static Map<String, UpstreamConfig> upstreams(Settings settings) {
    Map<String, UpstreamConfig> upstreams = new LinkedHashMap<>();
    for (String name : settings.names(UpstreamConfig.URL.group())) {
      upstreams.put(name, UpstreamConfig.of(settings, name));
    }
    return upstreams;
  }

  private static List<RouteConfig> routes(Settings settings) {
    return settings.names(RouteConfig.PATH.group()).stream()
        .map(name -> RouteConfig.of(settings, name))
        .sorted(LONGEST_PATH_FIRST)
        .toList();
  }
}
