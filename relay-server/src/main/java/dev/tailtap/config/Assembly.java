package dev.tailtap.config;

import static dev.tailtap.config.Knob.*;

import dev.tailtap.config.ServerConfig.TransportChoice;
import dev.tailtap.config.UsageConfig.OnClientAbort;
import dev.tailtap.config.UsageConfig.Settle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts the values of a file into the records that the relay is built from. */
final class Assembly {
  private Assembly() {}

  static RelayConfig of(Settings settings) {
    return new RelayConfig(
        server(settings),
        new AdminConfig(settings.address(ADMIN_LISTEN), settings.text(ADMIN_TOKEN)),
        upstreams(settings),
        routes(settings),
        limits(settings),
        usage(settings),
        new JournalConfig(
            settings.path(JOURNAL_DIR),
            settings.size(JOURNAL_MAX_BYTES),
            settings.size(JOURNAL_MIN_FREE)),
        store(settings));
  }

  private static ServerConfig server(Settings settings) {
    return new ServerConfig(
        settings.address(RELAY_LISTEN),
        settings.count(RELAY_LOOPS),
        settings.choice(RELAY_TRANSPORT, TransportChoice.class),
        settings.path(RELAY_TLS_CERTIFICATE),
        settings.path(RELAY_TLS_KEY),
        settings.time(RELAY_DRAIN_TIMEOUT),
        settings.text(RELAY_INSTANCE),
        settings.addresses(RELAY_NAME_SERVERS),
        settings.time(RELAY_STALL_PROBE));
  }

  private static Map<String, UpstreamConfig> upstreams(Settings settings) {
    Map<String, UpstreamConfig> upstreams = new LinkedHashMap<>();
    for (String name : settings.names("upstream")) {
      upstreams.put(name, upstream(settings, name));
    }
    return upstreams;
  }

  private static UpstreamConfig upstream(Settings settings, String name) {
    return new UpstreamConfig(
        name,
        settings.url(UPSTREAM_URL, name),
        settings.text(UPSTREAM_DIALECT, name),
        settings.headers(name),
        settings.path(UPSTREAM_TLS_TRUST, name),
        settings.path(UPSTREAM_TLS_CERTIFICATE, name),
        settings.path(UPSTREAM_TLS_KEY, name),
        settings.time(UPSTREAM_CONNECT_TIMEOUT, name),
        settings.time(UPSTREAM_HEAD_TIMEOUT, name),
        settings.time(UPSTREAM_IDLE_TIMEOUT, name),
        settings.time(UPSTREAM_TOTAL_TIMEOUT, name),
        settings.time(UPSTREAM_HEARTBEAT, name),
        settings.count(UPSTREAM_STREAMS, name),
        reuse(settings, name),
        settings.text(UPSTREAM_USAGE, name).equals("ask"));
  }

  private static ReuseConfig reuse(Settings settings, String name) {
    return new ReuseConfig(
        settings.count(UPSTREAM_KEEP, name),
        settings.time(UPSTREAM_KEEP_IDLE, name),
        settings.time(UPSTREAM_KEEP_AGE, name),
        Boolean.parseBoolean(settings.text(UPSTREAM_RETRY_REUSED, name)),
        Math.toIntExact(settings.size(UPSTREAM_RETRY_BODY, name)));
  }

  private static List<RouteConfig> routes(Settings settings) {
    List<RouteConfig> routes = new ArrayList<>();
    for (String name : settings.names("route")) {
      routes.add(
          new RouteConfig(
              name, settings.text(ROUTE_PATH, name), settings.text(ROUTE_UPSTREAM, name)));
    }
    routes.sort(
        Comparator.comparing(
            RouteConfig::path,
            Comparator.nullsLast(Comparator.comparingInt(String::length).reversed())));
    return routes;
  }

  private static LimitsConfig limits(Settings settings) {
    return new LimitsConfig(
        settings.count(LIMITS_STREAMS),
        settings.count(LIMITS_STREAMS_PER_ADDRESS),
        settings.count(LIMITS_CONNECTIONS),
        settings.count(LIMITS_CONNECTIONS_PER_ADDRESS),
        Math.toIntExact(settings.size(LIMITS_REQUEST_HEAD)),
        settings.count(LIMITS_REQUEST_FIELDS),
        settings.size(LIMITS_REQUEST_BODY),
        settings.time(LIMITS_REQUEST_STALL),
        settings.time(LIMITS_WRITE_STALL),
        settings.time(LIMITS_CLIENT_IDLE),
        settings.time(LIMITS_HEAD_TIMEOUT),
        settings.time(LIMITS_TLS_HANDSHAKE));
  }

  private static UsageConfig usage(Settings settings) {
    return new UsageConfig(
        settings.choice(USAGE_ON_CLIENT_ABORT, OnClientAbort.class),
        settings.time(USAGE_DRAIN_TIME),
        settings.size(USAGE_DRAIN_BYTES),
        settings.choice(USAGE_SETTLE, Settle.class),
        settings.time(USAGE_SETTLE_TIMEOUT),
        Math.toIntExact(settings.size(USAGE_WINDOW)));
  }

  private static StoreConfig store(Settings settings) {
    return new StoreConfig(
        settings.text(STORE_URL),
        settings.text(STORE_USER),
        settings.text(STORE_PASSWORD),
        settings.count(STORE_POOL_SIZE),
        settings.count(STORE_BATCH_ROWS),
        settings.time(STORE_BATCH_WAIT),
        settings.path(STORE_DIR),
        settings.count(STORE_QUEUE_ROWS),
        settings.count(STORE_RETENTION_DAYS),
        settings.count(STORE_SUMS_DAYS),
        settings.count(STORE_HOUR_GROUPS));
  }
}
