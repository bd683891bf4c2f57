package dev.tailtap.fault;

import dev.tailtap.fault.MoodyUpstream.Asked;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What must hold of the rows of calls with several tries, by what upstreams and clients saw: each
 * request that came has exactly one row, which says what became of it; a row of which nobody saw a
 * request is of one that was lost on its way; the tries of a call are numbered without a gap; what
 * a client got whole is one of them. And of keys that said 429: each is asked once in the time that
 * it said.
 */
final class FailoverLaw {
  private static final long WINDOW_NANOS =
      TimeUnit.SECONDS.toNanos(MoodyUpstream.RETRY_AFTER_SECONDS);

  /** A try: no target is tried twice in a call. */
  private record Place(String path, String upstream, String key) {
    static Place of(Asked asked) {
      return new Place(asked.path(), asked.upstream(), label(asked.key()));
    }

    static Place of(FailoverRow row) {
      return new Place(row.path(), row.upstream(), row.key());
    }

    private static String label(String key) {
      return key == null ? null : key.equals("s3cret-1") ? "one" : "two";
    }
  }

  private final Map<String, FailoverClients.Call> served;
  private final Map<String, List<Asked>> asked;
  private final Map<Place, Asked> places = new HashMap<>();
  private final List<String> broken = new ArrayList<>();
  private final boolean killed;

  /**
   * Of all that was seen.
   *
   * @param killed whether a relay was, so that rows may be interrupted
   */
  FailoverLaw(Collection<Asked> all, Map<String, FailoverClients.Call> served, boolean killed) {
    this.served = served;
    this.killed = killed;
    asked =
        all.stream()
            .sorted(Comparator.comparingLong(Asked::beganNanos))
            .collect(Collectors.groupingBy(Asked::path));
    for (Asked each : all) {
      if (places.put(Place.of(each), each) != null) {
        broken.add("asked twice: " + each);
      }
    }
  }

  /** What is broken of the law; empty: nothing. */
  List<String> broken() {
    return broken;
  }

  /** Looks at all rows, in the order of their calls and tries. */
  void judge(List<FailoverRow> rows) {
    Set<Place> withRow = new HashSet<>();
    Set<String> ids = new HashSet<>();
    Map<String, FailoverRow> delivered = new HashMap<>();
    FailoverRow former = null;
    for (FailoverRow row : rows) {
      check(ids.add(row.id()), "one id twice", row);
      check(withRow.add(Place.of(row)), "two rows of one try", row);
      boolean further = former != null && former.path().equals(row.path());
      check(row.attempt() == (further ? former.attempt() + 1 : 1), "its number", row);
      check(row.call().equals(further ? former.call() : row.id()), "its call", row);
      agree(row, places.get(Place.of(row)));
      if (Boolean.TRUE.equals(row.delivered())) {
        check(delivered.put(row.path(), row) == null, "delivered twice", row);
      }
      former = row;
    }
    places.values().stream()
        .filter(each -> !withRow.contains(Place.of(each)))
        .forEach(each -> broken.add("no row: " + each));
    served.values().stream()
        .filter(call -> !isServedBy(call, delivered.get(call.path())))
        .forEach(call -> broken.add(call + " has " + delivered.get(call.path())));
  }

  private static boolean isServedBy(FailoverClients.Call call, FailoverRow row) {
    return row != null
        && row.upstream().equals(call.upstream())
        && row.outcome().equals("completed");
  }

  /**
   * Whether a row says what became of its request.
   *
   * @param seen null: it came to nobody
   */
  private void agree(FailoverRow row, Asked seen) {
    if (killed && row.outcome().equals("interrupted")) {
      return;
    }
    if (seen == null) {
      check(row.outcome().equals("upstream_reset") && row.status() == null, "nobody saw it", row);
      return;
    }
    int number = FailoverClients.numberOf(row.path());
    String tokens = number + " " + FailoverClients.completionTokens(row.upstream());
    boolean agrees =
        switch (seen.mood()) {
          case WELL, SLOW -> says(row, 200, "completed", true) && tokens.equals(row.tokens());
          case BUSY -> says(row, 503, "upstream_error", false);
          case LIMITED -> says(row, 429, "upstream_error", false);
          case REFUSING, RESETTING ->
              row.status() == null && row.outcome().equals("upstream_reset") && !row.delivered();
        };
    check(agrees, "it was " + seen.mood(), row);
  }

  private static boolean says(FailoverRow row, int status, String outcome, boolean delivered) {
    return row.status() != null
        && row.status() == status
        && row.outcome().equals(outcome)
        && row.delivered() == delivered;
  }

  private void check(boolean holds, String what, FailoverRow row) {
    if (!holds) {
      broken.add(what + ": " + row + " where was asked " + asked.get(row.path()));
    }
  }

  /**
   * Each key that said 429 is asked once in the time that it said: by one probe when it is over.
   * What was chosen before the relay can have known of it is no matter.
   *
   * @return how many probes were refused in their turn
   */
  int judgeWindows() {
    Map<String, List<Asked>> byKey =
        places.values().stream()
            .sorted(Comparator.comparingLong(Asked::beganNanos))
            .collect(Collectors.groupingBy(each -> each.upstream() + " " + each.key()));
    int probes = 0;
    for (List<Asked> ofKey : byKey.values()) {
      Asked last = null; // that said 429, of those that were chosen by who knew of the others
      long known = 0; // since when the relay is sure to know
      for (Asked each : ofKey) {
        boolean knew = last != null && chosenNanos(each) > known;
        if (knew && each.beganNanos() < last.answeredNanos() + WINDOW_NANOS) {
          long early = last.answeredNanos() + WINDOW_NANOS - each.beganNanos();
          broken.add("asked " + early / 1_000_000 + " ms too early: " + each + " after " + last);
        }
        if (each.mood() != Mood.LIMITED) {
          last = knew ? null : last;
        } else if (last == null || knew) {
          probes += knew ? 1 : 0;
          last = each;
          known = knownNanos(each);
        }
      }
    }
    return probes;
  }

  /** A moment before a target was chosen for a request. */
  private long chosenNanos(Asked each) {
    FailoverClients.Call call = served.get(each.path());
    long chosen = call == null ? Long.MIN_VALUE : call.sentNanos();
    for (Asked other : asked.get(each.path())) {
      chosen = other.beganNanos() < each.beganNanos() ? other.answeredNanos() : chosen;
    }
    return chosen;
  }

  /** A moment after the relay took notice of an answer. */
  private long knownNanos(Asked each) {
    for (Asked other : asked.get(each.path())) {
      if (other.beganNanos() > each.answeredNanos()) {
        return other.beganNanos();
      }
    }
    FailoverClients.Call call = served.get(each.path());
    return call == null ? Long.MAX_VALUE : call.headNanos();
  }
}
