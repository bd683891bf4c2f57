package dev.tailtap.stats;

/**
 * The values of the metrics' labels that are words of the relay's own, each beside its metric.
 * Others are names from the configuration, or constants with a life beyond the metrics, such as
 * outcomes.
 */
public enum Label {
  TLS_FAILED_PLAIN_HTTP(Metric.TLS_FAILURES, "plain_http"),
  TLS_FAILED_TIMEOUT(Metric.TLS_FAILURES, "timeout"),
  TLS_FAILED_LEFT(Metric.TLS_FAILURES, "left"),
  TLS_FAILED_REFUSED(Metric.TLS_FAILURES, "refused"),

  TLS_FILES_LOADED(Metric.TLS_RELOADS, "loaded"),
  TLS_FILES_REFUSED(Metric.TLS_RELOADS, "refused"),

  REFUSED_CONNECTIONS(Metric.CONNECTIONS_REFUSED, "connections"),
  REFUSED_CONNECTIONS_PER_ADDRESS(Metric.CONNECTIONS_REFUSED, "connections-per-address"),
  REFUSED_WRITE_STALL(Metric.CONNECTIONS_REFUSED, "write-stall"),
  REFUSED_MEMORY(Metric.CONNECTIONS_REFUSED, "memory"),
  REFUSED_PROXY_UNTRUSTED(Metric.CONNECTIONS_REFUSED, "proxy-untrusted"),
  REFUSED_PROXY_HEADER(Metric.CONNECTIONS_REFUSED, "proxy-header"),
  REFUSED_PROXY_TIMEOUT(Metric.CONNECTIONS_REFUSED, "proxy-timeout"),

  SHARED_ADMITTED(Metric.SHARED_ASKS, "admitted"),
  SHARED_REFUSED(Metric.SHARED_ASKS, "refused"),
  SHARED_TIMEOUT(Metric.SHARED_ASKS, "timeout"),
  SHARED_ERROR(Metric.SHARED_ASKS, "error"),
  SHARED_DOWN(Metric.SHARED_ASKS, "down"),
  SHARED_FULL(Metric.SHARED_ASKS, "full"),

  EVICTED_CLOSED(Metric.UPSTREAM_EVICTED, "closed"),
  EVICTED_SURPLUS(Metric.UPSTREAM_EVICTED, "surplus"),
  EVICTED_IDLE(Metric.UPSTREAM_EVICTED, "idle"),
  EVICTED_AGE(Metric.UPSTREAM_EVICTED, "age"),
  EVICTED_FULL(Metric.UPSTREAM_EVICTED, "full"),
  EVICTED_RETIRED(Metric.UPSTREAM_EVICTED, "retired"),

  RETRY_NEXT_ADDRESS(Metric.UPSTREAM_RETRIES, "next_address"),
  RETRY_UNSENT(Metric.UPSTREAM_RETRIES, "unsent"),
  RETRY_LOST(Metric.UPSTREAM_RETRIES, "lost"),

  UNARMED_BODY(Metric.UNARMED, "body"),
  UNARMED_MEMORY(Metric.UNARMED, "memory"),
  UNARMED_BUDGET(Metric.UNARMED, "budget"),

  TOKENS_INPUT(Metric.TOKENS, "input"),
  TOKENS_CACHED(Metric.TOKENS, "cached"),
  TOKENS_CACHE_WRITE(Metric.TOKENS, "cache_write"),
  TOKENS_OUTPUT(Metric.TOKENS, "output"),
  TOKENS_REASONING(Metric.TOKENS, "reasoning"),

  RELOAD_APPLIED(Metric.RELOADS, "applied"),
  RELOAD_UNCHANGED(Metric.RELOADS, "unchanged"),
  RELOAD_REFUSED(Metric.RELOADS, "refused"),

  KEY_MISSING(Metric.KEYS_REFUSED, "missing"),
  KEY_MALFORMED(Metric.KEYS_REFUSED, "malformed"),
  KEY_UNKNOWN(Metric.KEYS_REFUSED, "unknown"),
  KEY_EXPIRED(Metric.KEYS_REFUSED, "expired"),
  KEY_DISABLED(Metric.KEYS_REFUSED, "disabled"),
  KEY_TWO(Metric.KEYS_REFUSED, "two"),
  KEY_NOT_LOADED(Metric.KEYS_REFUSED, "not_loaded"),

  KEYS_REFRESH_CHANGED(Metric.KEYS_REFRESHES, "changed"),
  KEYS_REFRESH_UNCHANGED(Metric.KEYS_REFRESHES, "unchanged"),
  KEYS_REFRESH_FAILED(Metric.KEYS_REFRESHES, "failed"),

  RECORD_OPENED(Metric.RECORDS, "opened"),
  RECORD_CLOSED(Metric.RECORDS, "closed"),
  RECORD_COMMITTED(Metric.RECORDS, "committed"),
  RECORD_DUPLICATE(Metric.RECORDS, "duplicate"),
  RECORD_DEAD_LETTER(Metric.RECORDS, "dead_letter"),
  RECORD_INTERRUPTED(Metric.RECORDS, "interrupted"),

  JOURNAL_FAILED_ENCODE(Metric.JOURNAL_ERRORS, "encode"),
  JOURNAL_FAILED_WRITE(Metric.JOURNAL_ERRORS, "write"),
  JOURNAL_FAILED_FORCE(Metric.JOURNAL_ERRORS, "force"),
  JOURNAL_FAILED_VERIFY(Metric.JOURNAL_ERRORS, "verify"),
  JOURNAL_FAILED_READ(Metric.JOURNAL_ERRORS, "read"),
  JOURNAL_FAILED_CREATE(Metric.JOURNAL_ERRORS, "create"),
  JOURNAL_FAILED_RECLAIM(Metric.JOURNAL_ERRORS, "reclaim"),
  JOURNAL_FAILED_DELETE(Metric.JOURNAL_ERRORS, "delete"),
  JOURNAL_FAILED_STATFS(Metric.JOURNAL_ERRORS, "statfs"),

  CALL_LOG_FULL(Metric.CALL_LOG_DROPPED, "queue_full"),
  CALL_LOG_FAILED(Metric.CALL_LOG_DROPPED, "failed"),

  SPANS_FULL(Metric.SPANS_DROPPED, "queue_full"),
  SPANS_REFUSED(Metric.SPANS_DROPPED, "refused"),
  SPANS_UNREACHABLE(Metric.SPANS_DROPPED, "unreachable");

  private final Metric metric;
  private final String value;

  Label(Metric metric, String value) {
    this.metric = metric;
    this.value = value;
  }

  Metric metric() {
    return metric;
  }

  /** The word as it is exposed; the log says the same. */
  public String value() {
    return value;
  }
}
