package dev.tailtap.store;

import dev.tailtap.record.Outcome;
import dev.tailtap.record.UsageState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which rows are asked for; null: all.
 *
 * @param limit 1 to 1,000; anything else is moved to the nearer end
 * @param before only rows older than this place
 * @param state how their usage was found
 * @param since when their calls began, inclusive
 * @param until likewise, exclusive
 * @param status of the upstream's answer
 */
public record RecordFilter(
    int limit,
    RecordCursor before,
    UsageState state,
    Problem problem,
    Outcome outcome,
    Integer status,
    Instant since,
    Instant until,
    Names names) {

  /** What somebody may have to look at. */
  public enum Problem {
    /** Did not end well, and not because the client left. */
    FAILED("outcome not in ('completed', 'client_gone')"),
    /** Answered, and its tokens are not known for certain. */
    UNMETERED(
        "usage_state in ('partial', 'absent', 'unreadable')"
            + " and not (outcome = 'upstream_error' and coalesce(http_status, 0) >= 400)");

    private final String condition;

    Problem(String condition) {
      this.condition = condition;
    }

    /** What a caller says for it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What strangers may have named; null: any.
   *
   * @param model that was asked for, that answered, or that was sent instead
   * @param tag a name and what it says, with a colon between
   */
  public record Names(String upstream, String model, String tenant, String session, String tag) {
    public static final Names ANY = new Names(null, null, null, null, null);
  }

  private static final int MOST = 1_000;

  public RecordFilter {
    limit = Math.max(1, Math.min(limit, MOST));
  }

  /** The latest of one state. */
  public static RecordFilter latest(int limit, UsageState state) {
    return new RecordFilter(limit, null, state, null, null, null, null, null, Names.ANY);
  }

  /** The same from another place on. */
  RecordFilter from(RecordCursor place) {
    return new RecordFilter(limit, place, state, problem, outcome, status, since, until, names);
  }

  /** The same, and not older than this. */
  RecordFilter since(Instant time) {
    Instant later = since != null && since.isAfter(time) ? since : time;
    return new RecordFilter(limit, before, state, problem, outcome, status, later, until, names);
  }

  /**
   * As SQL, with a question mark for each of {@link #values}. What is one of few stands in the
   * text, so that the planner can see a partial index.
   */
  String where() {
    List<String> conditions = new ArrayList<>();
    if (before != null) {
      conditions.add(before.older());
    }
    if (since != null) {
      conditions.add("started_at >= '" + since + "'::timestamptz");
    }
    if (until != null) {
      conditions.add("started_at < '" + until + "'::timestamptz");
    }
    if (state != null) {
      conditions.add("usage_state = '" + state.column() + "'");
    }
    if (problem != null) {
      conditions.add(problem.condition);
    }
    if (outcome != null) {
      conditions.add("outcome = '" + outcome.column() + "'");
    }
    if (status != null) {
      conditions.add("http_status = " + status);
    }
    name(conditions, names.upstream, "upstream = ?");
    name(conditions, names.model, "? in (request_model, response_model, sent_model)");
    name(conditions, names.tenant, "tenant = ?");
    name(conditions, names.session, "session = ?");
    name(conditions, names.tag, "tags ->> ? = ?");
    return conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
  }

  private static void name(List<String> conditions, String name, String condition) {
    if (name != null) {
      conditions.add(condition);
    }
  }

  /** What strangers may have named, in the order of {@link #where}. */
  List<String> values() {
    List<String> values = new ArrayList<>();
    for (String value : new String[] {names.upstream, names.model, names.tenant, names.session}) {
      if (value != null) {
        values.add(value);
      }
    }
    if (names.tag != null) {
      int colon = names.tag.indexOf(':');
      values.add(colon < 0 ? names.tag : names.tag.substring(0, colon));
      values.add(colon < 0 ? "" : names.tag.substring(colon + 1));
    }
    return values;
  }
}
