package dev.tailtap.stats;

import java.util.List;

/**
 * Every figure that the relay exposes: the catalogue. The exposed name carries the prefix {@code
 * tailtap_} and, for counters, the suffix {@code _total}.
 */
@SuppressWarnings("ImmutableEnumChecker") // Lists from List.of.
public enum Metric {
  CONNECTIONS("client_connections", Kind.GAUGE, "Open client connections", null),
  TLS_FAILURES(
      "tls_handshakes_failed", Kind.COUNTER, "Client connections without TLS, by why", "reason"),
  TLS_RELOADS("tls_reloads", Kind.COUNTER, "Changed TLS files, by what became of them", "result"),
  TLS_EXPIRY(
      "tls_certificate_expiry_seconds",
      Kind.GAUGE,
      "When the certificate in use ends, in seconds since 1970",
      "of"),
  RELOADS(
      "config_reloads",
      Kind.COUNTER,
      "Reloads of the settings, by what became of them: applied, unchanged, refused",
      "result"),
  LOOP_STALL(
      "loop_stall_seconds_max",
      Kind.GAUGE,
      "Latest timer of an event loop in the last one to two minutes",
      null),
  PROBED_STALL(
      "loop_probe_stall_seconds_max",
      Kind.GAUGE,
      "Longest stall of an event loop since the last scrape; with relay.stall-probe",
      null),
  CONTROL_STALL(
      "loop_probe_control_seconds_max",
      Kind.GAUGE,
      "Longest stall of a thread that only sleeps: what the machine and the JVM do to any thread",
      null),
  EXCESS_STALL(
      "loop_probe_excess_seconds_max",
      Kind.GAUGE,
      "Longest part of a loop's stall since the last scrape in which that thread was on time",
      null),
  OWN_STALL(
      "loop_probe_own_seconds_max",
      Kind.GAUGE,
      "The excess without the time that the loop's thread waited for a processor, on Linux",
      null),
  REQUESTS("requests", Kind.COUNTER, "Requests whose head was read", null),
  REFUSED("requests_refused", Kind.COUNTER, "Requests answered by the relay itself", "reason"),
  KEYS("keys", Kind.GAUGE, "Virtual keys, those that are expired or revoked included", null),
  KEYS_AGE(
      "keys_age_seconds",
      Kind.GAUGE,
      "How long ago it was last known which virtual keys there are; NaN: never",
      null),
  KEYS_REFRESHES(
      "keys_refreshes",
      Kind.COUNTER,
      "Looks for virtual keys that changed, by what became of them",
      "result"),
  KEYS_REFUSED(
      "keys_refused",
      Kind.COUNTER,
      "Requests without a virtual key that is good, by why: missing, malformed, unknown, expired,"
          + " disabled, two, not_loaded",
      "why"),
  ACTIVE("streams_active", Kind.GAUGE, "Exchanges under way, by upstream", "upstream"),
  CONNECTIONS_REFUSED(
      "client_connections_refused",
      Kind.COUNTER,
      "Client connections closed between requests, because of a limit or for want of a PROXY header",
      "reason"),
  CLIENT_BACKLOG(
      "client_backlog_bytes",
      Kind.GAUGE,
      "Bytes that wait for clients to take them, outside the kernel",
      null),
  MEMORY_HELD(
      "memory_held_bytes",
      Kind.GAUGE,
      "Bytes that are held for others: bodies, what waits for clients, side copies",
      null),
  MEMORY_LIMIT("memory_limit_bytes", Kind.GAUGE, "How many there may be: limits.memory", null),
  OVERLOAD(
      "memory_stages", Kind.COUNTER, "How often a stage of the memory's use was reached", "stage"),
  MEMORY_CUT(
      "memory_cut",
      Kind.COUNTER,
      "Clients cut because they held most while memory was short",
      null),
  ACCEPT_PAUSES(
      "accept_pauses",
      Kind.COUNTER,
      "How often accepting paused so that upstreams have file descriptors left",
      null),
  SHARED_UP(
      "limits_shared_up",
      Kind.GAUGE,
      "1 while every event loop can ask the shared limits; else buckets of this relay alone hold",
      null),
  SHARED_ASKS(
      "limits_shared_asks",
      Kind.COUNTER,
      "Admissions asked of the shared limits: admitted, refused, timeout, error, down, full",
      "result"),
  SHARED_SECONDS(
      "limits_shared_seconds",
      Kind.HISTOGRAM,
      "Round trip of an answer of the shared limits",
      null),
  SHARED_UNSETTLED(
      "limits_shared_unsettled",
      Kind.COUNTER,
      "Ends of calls that the shared limits may not have been told",
      null),
  SHARED_DEBTS_CUT(
      "limits_shared_debts_cut",
      Kind.COUNTER,
      "Debts in the shared limits that were cut to the longest",
      null),
  CALLS("calls", Kind.COUNTER, "Ended upstream calls, by outcome", "outcome"),
  CALL_ERRORS("call_errors", Kind.COUNTER, "Ended upstream calls that went wrong", "error"),
  USAGE("usage", Kind.COUNTER, "Ended upstream calls, by how their usage was found", "state"),
  TOKENS(
      "tokens",
      Kind.COUNTER,
      "Tokens of ended upstream calls, as providers reported them: input and its parts cached and"
          + " cache_write, output and its part reasoning",
      "kind"),
  MODEL_TOKENS(
      "model_tokens",
      Kind.COUNTER,
      "The same by upstream and model; models beyond metrics.models are other",
      "upstream,model,kind"),
  MODEL_ERRORS(
      "model_errors",
      Kind.COUNTER,
      "Ended upstream calls that the upstream failed: a status of 400 or more, cut, late, away",
      "upstream,model"),
  MODEL_UNMETERED(
      "model_unmetered",
      Kind.COUNTER,
      "Upstream calls whose answer came whole, and whose usage is not the provider's last word",
      "upstream,model"),
  CALL_SECONDS(
      "call_duration_seconds",
      Kind.HISTOGRAM,
      "From the beginning of an upstream call to its end",
      "upstream,model"),
  FIRST_EVENT_SECONDS(
      "first_event_seconds",
      Kind.HISTOGRAM,
      "From the beginning of an upstream call to its first event with data, of streams",
      "upstream,model"),
  OUTPUT_TOKEN_SECONDS(
      "output_token_seconds",
      Kind.HISTOGRAM,
      "Time per output token after the first event, of streams that came whole",
      "upstream,model"),
  FRAMES("frames", Kind.COUNTER, "Data frames tapped", null),
  REQUEST_BYTES("request_bytes", Kind.COUNTER, "Bytes of request bodies", null),
  RESPONSE_BYTES("response_bytes", Kind.COUNTER, "Bytes of response bodies", null),
  UPSTREAM_CONNECTS("upstream_connects", Kind.COUNTER, "New upstream connections", "upstream"),
  UPSTREAM_REUSES("upstream_reuses", Kind.COUNTER, "Calls on a kept connection", "upstream"),
  UPSTREAM_IDLE("upstream_idle_connections", Kind.GAUGE, "Kept upstream connections", null),
  UPSTREAM_EVICTED(
      "upstream_evicted",
      Kind.COUNTER,
      "Kept upstream connections given up: closed, surplus, idle, age, full, retired",
      "reason"),
  UPSTREAM_RETRIES(
      "upstream_retries",
      Kind.COUNTER,
      "Further tries at the same upstream: next_address, unsent, lost",
      "reason"),
  ATTEMPTS(
      "attempts",
      Kind.COUNTER,
      "Tries of calls that may go to several upstreams or keys: why another followed, or delivered",
      "upstream,why"),
  UNARMED(
      "failover_unarmed",
      Kind.COUNTER,
      "Calls that went on without another try: body, memory, budget",
      "why"),
  UPSTREAM_STATE(
      "upstream_state",
      Kind.GAUGE,
      "1 for the state of an upstream, or of one of its keys: ok, parked, out",
      "upstream,key,state"),
  UPSTREAM_UNTIL(
      "upstream_until_seconds",
      Kind.GAUGE,
      "How long an upstream, or one of its keys, is not to be asked; 0 while it may be",
      "upstream,key"),
  LIMIT_REFUSED(
      "limit_refused",
      Kind.COUNTER,
      "Requests refused by the limits that are set by name, by why",
      "limit,reason"),
  LIMIT_WARNED(
      "limit_warned",
      Kind.COUNTER,
      "Requests beyond a limit that only warns, by why they would have been refused",
      "limit,reason"),
  LIMIT_ESTIMATED(
      "limit_estimated",
      Kind.COUNTER,
      "Calls without usage, which cost a limit what was reserved for them",
      "limit"),
  LIMIT_DEBT_CAPPED(
      "limit_debt_capped",
      Kind.COUNTER,
      "Calls of whose cost a part was forgiven, since a bucket owed max-debt already",
      "limit"),
  LIMIT_SHARED_BUCKET(
      "limit_shared_bucket",
      Kind.COUNTER,
      "Requests that shared the last bucket of a limit, since limits.buckets were in use",
      "limit"),
  LIMIT_BUCKETS("limit_buckets", Kind.GAUGE, "Buckets of a limit", "limit"),
  LIMIT_STREAMS("limit_streams", Kind.GAUGE, "Calls under way that are under a limit", "limit"),
  BUDGET_AGE(
      "budget_age_seconds",
      Kind.GAUGE,
      "How long ago the sums were asked that a limit's budget goes by",
      "limit"),
  BUDGET_USED(
      "budget_used_ratio",
      Kind.GAUGE,
      "The share that was used of a limit's budget by whoever used most; 1 is all of it",
      "limit"),
  HEARTBEATS("heartbeats", Kind.COUNTER, "Comments sent to clients of silent streams", null),
  ASKING_REFUSED(
      "asking_refused",
      Kind.COUNTER,
      "Upstreams that answered 400 or 422 to our question for usage",
      "upstream"),
  HIDDEN_FRAMES("hidden_frames", Kind.COUNTER, "Usage frames hidden from clients", null),
  SETTLE_TIMEOUTS(
      "settle_timeouts", Kind.COUNTER, "Responses ended before their record was on the disk", null),
  OUTSIDE_WINDOW(
      "usage_outside_window",
      Kind.COUNTER,
      "Calls with a message, event or usage object that was too large to hold",
      null),
  RECORDS("usage_records", Kind.COUNTER, "Usage records by what became of them", "state"),
  IN_FLIGHT("usage_in_flight", Kind.GAUGE, "Calls admitted and not closed on disk", null),
  JOURNAL_OPEN("journal_admitting", Kind.GAUGE, "1 while there is room for more calls", null),
  JOURNAL_BYTES("journal_bytes", Kind.GAUGE, "Bytes of the journal's segments", null),
  JOURNAL_SEGMENTS("journal_segments", Kind.GAUGE, "Segments of the journal", null),
  JOURNAL_FREE_BYTES("journal_free_bytes", Kind.GAUGE, "Free bytes of the journal's disk", null),
  JOURNAL_OLDEST("journal_oldest_seconds", Kind.GAUGE, "Age of the oldest needed segment", null),
  JOURNAL_FSYNC_SECONDS("journal_fsync_seconds", Kind.HISTOGRAM, "Time of a force", null),
  JOURNAL_ERRORS("journal_errors", Kind.COUNTER, "What failed in the journal", "op"),
  JOURNAL_DAMAGE("journal_damage", Kind.COUNTER, "Damaged places found in segments", null),
  QUEUE_DEPTH("usage_queue_depth", Kind.GAUGE, "Records not yet in the database", null),
  DB_BATCH_ROWS("usage_db_batch_rows", Kind.HISTOGRAM, "Rows in a batch", null),
  DB_BATCH_SECONDS("usage_db_batch_seconds", Kind.HISTOGRAM, "Time of a batch", null),
  DB_ERRORS("usage_db_errors", Kind.COUNTER, "Failed batches, by kind of error", "class"),
  CLAIMS_CUT(
      "row_claims_cut",
      Kind.COUNTER,
      "Header values that were cut, or freed of control characters, for a row",
      null),
  HOUR_REST(
      "usage_hour_rest",
      Kind.COUNTER,
      "Calls summed as ~other because their hour has store.hour-groups groups",
      null),
  LOG_DROPPED(
      "log_lines_dropped",
      Kind.COUNTER,
      "Lines of the relay's own log that were not written, since standard error is not read",
      null),
  CALL_LOG_DROPPED(
      "call_log_dropped", Kind.COUNTER, "Lines of log.calls that were not written", "reason"),
  SPANS_SENT("trace_spans_sent", Kind.COUNTER, "Spans that the collector has taken", null),
  SPANS_DROPPED(
      "trace_spans_dropped", Kind.COUNTER, "Spans that the collector did not take", "reason"),
  INGEST_LAG("usage_ingest_lag_seconds", Kind.HISTOGRAM, "From a call's end to its row", null);

  /** How a figure behaves. */
  public enum Kind {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  private final String stem;
  private final Kind kind;
  private final String help;
  private final List<String> labels;

  /** The labels' names stand between commas; null: none. */
  Metric(String stem, Kind kind, String help, String labels) {
    this.stem = stem;
    this.kind = kind;
    this.help = help;
    this.labels = labels == null ? List.of() : List.of(labels.split(",", -1));
  }

  String exposedName() {
    return "tailtap_" + stem;
  }

  Kind kind() {
    return kind;
  }

  String help() {
    return help;
  }

  /** Whether it is counted by upstream and model. */
  boolean byModel() {
    return labels.contains("model");
  }

  /** The names of its labels; empty if it has none. */
  List<String> labels() {
    return labels;
  }
}
