package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** More and more streams, until events are late or lost. Late: 100 ms after they were due. */
final class BreakTrial {
  private static final int FIRST = 500;
  private static final int FIRST_OF_EXTERNAL = 10;
  private static final long LATE_NS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What came of so many streams. */
  record Step(int streams, double eventsPerSecond, long late, long lost, double driverShare) {
    boolean sustained() {
      return late == 0 && lost == 0;
    }
  }

  /** One subject's steps, the one that broke it, if any did, last. */
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

  List<Climb> run(List<Subject> subjects) {
    List<Climb> climbs = new ArrayList<>();
    for (Subject subject : subjects) {
      session.print("more and more streams through " + subject.name());
      climbs.add(new Climb(subject.name(), climb(subject)));
    }
    return climbs;
  }

  private List<Step> climb(Subject subject) {
    int first = subject.isExternal() ? FIRST_OF_EXTERNAL : FIRST;
    List<Step> steps = new ArrayList<>();
    for (int streams : session.options().climbingStreams(first)) {
      Step step = step(subject, streams);
      if (!step.sustained()) {
        step = step(subject, streams); // once more: the machine may have been busy
      }
      steps.add(step);
      if (!step.sustained()) {
        break;
      }
    }
    return steps;
  }

  private Step step(Subject subject, int streams) {
    LoadPlan plan = session.options().climb(streams);
    LoadResult result = session.tryOut(subject, plan);
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
