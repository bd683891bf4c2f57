package dev.tailtap.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Every key of the configuration file: how it is spelled, what it takes, what holds where it is not
 * set. {@code NAME} stands for the name of an upstream or a route, {@code FIELD} for a header
 * field; a default of null means that the key must be set, a default that is itself a key means
 * that key's value.
 */
@SuppressWarnings("ImmutableEnumChecker") // A kind holds functions without state.
enum Knob {
  RELAY_LISTEN("relay.listen", Kind.ADDRESS, "127.0.0.1:8080"),
  RELAY_LOOPS("relay.loops", Kind.count(0, 1024), "0"),
  RELAY_TRANSPORT("relay.transport", Kind.oneOf("auto", "io_uring", "epoll", "nio"), "auto"),
  RELAY_DRAIN_TIMEOUT("relay.drain-timeout", Kind.DURATION_OR_ZERO, "30s"),
  RELAY_INSTANCE("relay.instance", Kind.LABEL, ""),
  RELAY_NAME_SERVERS("relay.name-servers", Kind.ADDRESSES, ""),
  RELAY_STALL_PROBE("relay.stall-probe", Kind.DURATION_OR_ZERO, "0"),
  RELAY_TLS_CERTIFICATE("relay.tls.certificate", Kind.FILE, ""),
  RELAY_TLS_KEY("relay.tls.key", Kind.FILE, ""),

  ADMIN_LISTEN("admin.listen", Kind.ADDRESS, "127.0.0.1:9090"),
  ADMIN_TOKEN("admin.token", Kind.TOKEN, ""),

  UPSTREAM_URL("upstream.NAME.url", Kind.URL, null),
  UPSTREAM_DIALECT("upstream.NAME.dialect", Kind.TEXT, "auto"),
  UPSTREAM_USAGE("upstream.NAME.usage", Kind.oneOf("ask", "leave"), "usage.include"),
  UPSTREAM_CONNECT_TIMEOUT("upstream.NAME.connect-timeout", Kind.DURATION, "5s"),
  UPSTREAM_HEAD_TIMEOUT("upstream.NAME.head-timeout", Kind.DURATION_OR_ZERO, "300s"),
  UPSTREAM_IDLE_TIMEOUT("upstream.NAME.idle-timeout", Kind.DURATION_OR_ZERO, "300s"),
  UPSTREAM_TOTAL_TIMEOUT("upstream.NAME.total-timeout", Kind.DURATION_OR_ZERO, "0"),
  UPSTREAM_HEARTBEAT("upstream.NAME.heartbeat", Kind.DURATION_OR_ZERO, "0"),
  UPSTREAM_STREAMS("upstream.NAME.streams", Kind.count(0, 1_000_000), "0"),
  UPSTREAM_KEEP("upstream.NAME.keep", Kind.count(0, 65_536), "1024"),
  UPSTREAM_KEEP_IDLE("upstream.NAME.keep-idle", Kind.DURATION, "55s"),
  UPSTREAM_KEEP_AGE("upstream.NAME.keep-age", Kind.DURATION_OR_ZERO, "10m"),
  UPSTREAM_RETRY_REUSED("upstream.NAME.retry-reused", Kind.oneOf("true", "false"), "false"),
  UPSTREAM_RETRY_BODY("upstream.NAME.retry-body", Kind.size(0, 1 << 30), "256KiB"),
  UPSTREAM_TLS_TRUST("upstream.NAME.tls.trust", Kind.FILE, ""),
  UPSTREAM_TLS_CERTIFICATE("upstream.NAME.tls.certificate", Kind.FILE, ""),
  UPSTREAM_TLS_KEY("upstream.NAME.tls.key", Kind.FILE, ""),
  UPSTREAM_HEADER("upstream.NAME.header.FIELD", Kind.FIELD_VALUE, ""),

  ROUTE_PATH("route.NAME.path", Kind.ROUTE, null),
  ROUTE_UPSTREAM("route.NAME.upstream", Kind.TEXT, null),

  LIMITS_STREAMS("limits.streams", Kind.count(1, 1_000_000), "10000"),
  LIMITS_STREAMS_PER_ADDRESS("limits.streams-per-address", Kind.count(0, 1_000_000), "0"),
  LIMITS_CONNECTIONS("limits.connections", Kind.count(0, 1_000_000), "0"),
  LIMITS_CONNECTIONS_PER_ADDRESS("limits.connections-per-address", Kind.count(0, 1_000_000), "0"),
  LIMITS_REQUEST_HEAD("limits.request-head", Kind.size(1 << 10, 1 << 20), "32KiB"),
  LIMITS_REQUEST_FIELDS("limits.request-fields", Kind.count(1, 10_000), "100"),
  LIMITS_REQUEST_BODY("limits.request-body", Kind.size(1, 1L << 40), "32MiB"),
  LIMITS_REQUEST_STALL("limits.request-stall", Kind.DURATION, "30s"),
  LIMITS_WRITE_STALL("limits.write-stall", Kind.DURATION_OR_ZERO, "60s"),
  LIMITS_CLIENT_IDLE("limits.client-idle", Kind.DURATION, "75s"),
  LIMITS_HEAD_TIMEOUT("limits.head-timeout", Kind.DURATION, "10s"),
  LIMITS_TLS_HANDSHAKE("limits.tls-handshake", Kind.DURATION, "10s"),

  USAGE_INCLUDE("usage.include", Kind.oneOf("ask", "leave"), "ask"),
  USAGE_ON_CLIENT_ABORT("usage.on-client-abort", Kind.oneOf("cancel", "drain"), "cancel"),
  USAGE_DRAIN_TIME("usage.drain-time", Kind.DURATION, "30s"),
  USAGE_DRAIN_BYTES("usage.drain-bytes", Kind.size(1, 1L << 40), "8MiB"),
  USAGE_SETTLE("usage.settle", Kind.oneOf("before-end", "after"), "before-end"),
  USAGE_SETTLE_TIMEOUT("usage.settle-timeout", Kind.DURATION, "1s"),
  USAGE_WINDOW("usage.window", Kind.size(4 << 10, 64 << 20), "64KiB"),

  JOURNAL_DIR("journal.dir", Kind.DIRECTORY, "data/journal"),
  JOURNAL_MAX_BYTES("journal.max-bytes", Kind.size(0, 1L << 50), "0"),
  JOURNAL_MIN_FREE("journal.min-free", Kind.size(0, 1L << 50), "0"),

  STORE_URL("store.url", Kind.DATABASE, "embedded"),
  STORE_USER("store.user", Kind.TEXT, ""),
  STORE_PASSWORD("store.password", Kind.SECRET, ""),
  STORE_DIR("store.dir", Kind.DIRECTORY, "data/postgres"),
  STORE_POOL_SIZE("store.pool-size", Kind.count(1, 64), "2"),
  STORE_BATCH_ROWS("store.batch-rows", Kind.count(1, 100_000), "1000"),
  STORE_BATCH_WAIT("store.batch-wait", Kind.DURATION_OR_ZERO, "200ms"),
  STORE_QUEUE_ROWS("store.queue-rows", Kind.count(1_024, 16_777_216), "65536"),
  STORE_RETENTION_DAYS("store.retention-days", Kind.count(0, 36_500), "0"),
  STORE_SUMS_DAYS("store.sums-days", Kind.count(0, 36_500), "0"),
  STORE_HOUR_GROUPS("store.hour-groups", Kind.count(1, 1_000_000), "10000");

  private final String template;
  private final Pattern pattern;
  private final Kind kind;
  private final String preset;

  Knob(String template, Kind kind, String preset) {
    this.template = template;
    this.pattern =
        Pattern.compile(
            template
                .replace(".", "\\.")
                .replace("NAME", "(?<name>[^.]+)")
                .replace("FIELD", "(?<field>.+)"));
    this.kind = kind;
    this.preset = preset;
  }

  /** The knob that a key of the file turns; empty if there is none. */
  static Optional<Knob> of(String key) {
    for (Knob knob : values()) {
      if (knob.pattern.matcher(key).matches()) {
        return Optional.of(knob);
      }
    }
    return Optional.empty();
  }

  /** The key as it stands in a file, for one upstream or route. */
  String key(String name) {
    return template.replace("NAME", name);
  }

  /** The key with its placeholders; for most knobs, the key itself. */
  String template() {
    return template;
  }

  /** The header field that a key of this knob names. */
  String field(String key) {
    Matcher matcher = pattern.matcher(key);
    return matcher.matches() ? matcher.group("field") : "";
  }

  boolean named() {
    return template.contains(".NAME.");
  }

  Kind kind() {
    return kind;
  }

  /** What holds where the key is not set; null: it must be set. */
  String preset() {
    return preset;
  }
}
