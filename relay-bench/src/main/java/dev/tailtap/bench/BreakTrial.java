package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** More and more streams, until events are late or lost. Late: 100 ms after they were due. */
final class BreakTrial {
  private static final int FIRST = 500;
  private static final int FIRST_OF_GUESTS = 10;
  private static final long LATE_NS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What came of so many streams. */
  record Step(int streams, double eventsPerSecond, long late, long lost, double driverShare) {
    boolean sustained() {
      return late == 0 && lost == 0;
    }
  }

  /** Of one contestant, with the step that broke it, if any did, last. */
  record Climb(String name, List<Step> steps) {
    int sustained() {
      return steps.stream().filter(Step::sustained).mapToInt(Step::streams).max().orElse(0);
    }

    Step last() {
      return steps.get(steps.size() - 1);
    }
  }

  private final Session session;

  BreakTrial(Session session) {
    this.session = session;
  }

  List<Climb> run(List<Contestant> contestants) {
    List<Climb> climbs = new ArrayList<>();
    for (Contestant contestant : contestants) {
      session.say("more and more streams through " + contestant.name());
      climbs.add(new Climb(contestant.name(), climb(contestant)));
    }
    return climbs;
  }

  private List<Step> climb(Contestant contestant) {
    int first = contestant.isGuest() ? FIRST_OF_GUESTS : FIRST;
    List<Step> steps = new ArrayList<>();
    for (int streams : session.options().climbingStreams(first)) {
      Step step = step(contestant, streams);
      if (!step.sustained()) {
        step = step(contestant, streams); // once more: the machine may have been busy
      }
      steps.add(step);
      if (!step.sustained()) {
        break;
      }
    }
    return steps;
  }

  private Step step(Contestant contestant, int streams) {
    LoadPlan plan = session.options().climb(streams);
    LoadResult result = session.tryOut(contestant, plan);
    long late =
        result.dueDelay().getTotalCount() - result.dueDelay().getCountBetweenValues(0, LATE_NS);
    return new Step(
        streams,
        result.windowEvents() * 1e9 / Math.max(1, result.windowNs()),
        late,
        result.lost() + result.failed(),
        SideBySide.driverShare(result));
  }
}
