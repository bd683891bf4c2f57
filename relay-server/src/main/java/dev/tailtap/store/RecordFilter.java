package dev.tailtap.store;

import dev.tailtap.record.UsageState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which rows are asked for; null: all.
 *
 * @param limit 1 to 1,000; anything else is moved to the nearer end
 * @param state how their usage was found
 * @param since when their calls began
 * @param model that was asked for, that answered, or that was sent instead
 */
public record RecordFilter(
    int limit,
    UsageState state,
    Problem problem,
    Instant since,
    String upstream,
    String model,
    String tenant) {

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

  private static final int MOST = 1_000;

  public RecordFilter {
    limit = Math.max(1, Math.min(limit, MOST));
  }

  /** The latest of one state. */
  public static RecordFilter latest(int limit, UsageState state) {
    return new RecordFilter(limit, state, null, null, null, null, null);
  }

  /**
   * As SQL, with a question mark for each of {@link #values}. What is one of few stands in the
   * text, so that the planner can see a partial index.
   */
  String where() {
    List<String> conditions = new ArrayList<>();
    if (state != null) {
      conditions.add("usage_state = '" + state.column() + "'");
    }
    if (problem != null) {
      conditions.add(problem.condition);
    }
    if (since != null) {
      conditions.add("started_at >= '" + since + "'::timestamptz");
    }
    if (upstream != null) {
      conditions.add("upstream = ?");
    }
    if (model != null) {
      conditions.add("? in (request_model, response_model, sent_model)");
    }
    if (tenant != null) {
      conditions.add("tenant = ?");
    }
    return conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
  }

  /** What strangers may have named, in the order of {@link #where}. */
  List<String> values() {
    List<String> values = new ArrayList<>();
    for (String value : new String[] {upstream, model, tenant}) {
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }
}
