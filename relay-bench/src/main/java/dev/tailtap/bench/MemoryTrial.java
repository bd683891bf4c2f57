package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Resident memory of a fresh process with more and more open, quiet streams, and once they are
 * gone. On a JVM the garbage is collected before each look, the young generation is kept small, and
 * free heap is handed back, so that what is seen is what streams hold and not what lies about.
 */
final class MemoryTrial {
  /** A small young generation, and after a collection hardly any heap that is kept for later. */
  private static final List<String> TIGHT =
      List.of("-Xmn24m", "-Xms32m", "-Xmx2g", "-XX:MinHeapFreeRatio=5", "-XX:MaxHeapFreeRatio=10");

  /** Bytes with so many streams open. */
  record Point(int streams, long bytes) {}

  /** Of one contestant: without streams, with some, after all are gone. */
  record Course(String name, List<Point> points, long recovered) {
    long idle() {
      return points.get(0).bytes();
    }

    double perStream() {
      Point most = points.get(points.size() - 1);
      return (most.bytes() - idle()) / (double) most.streams();
    }
  }

  private final Session session;

  MemoryTrial(Session session) {
    this.session = session;
  }

  List<Course> run(List<Contestant> contestants) {
    List<Course> courses = new ArrayList<>();
    for (Contestant contestant : contestants) {
      if (concerns(contestant)) {
        session.say("memory of " + contestant.name());
        try (Contestant fresh = session.fresh(contestant.name(), TIGHT)) {
          courses.add(course(fresh));
        }
      }
    }
    return courses;
  }

  private boolean concerns(Contestant contestant) {
    boolean again = !contestant.isGuest() && contestant.tapped();
    boolean all = session.options().scale() != Scale.SMOKE;
    return !contestant.isDirect() && again && (all || contestant.name().equals(Lineup.EPOLL));
  }

  private Course course(Contestant contestant) {
    Options options = session.options();
    session.run(contestant, options.shortLoad());
    List<Point> points = new ArrayList<>();
    points.add(new Point(0, resident(contestant)));
    for (int streams : options.openStreams()) {
      LoadPlan plan = options.quiet(streams);
      session.hold(contestant, plan, () -> points.add(new Point(streams, resident(contestant))));
    }
    return new Course(contestant.name(), points, resident(contestant));
  }

  private static long resident(Contestant contestant) {
    if (contestant.onJvm()) {
      Jvm.collect(contestant.child().pid());
    } else {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
    }
    return contestant.child().residentBytes();
  }
}
