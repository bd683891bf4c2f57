package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.report.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

  /** One subject's memory: without streams, with some, after all are gone. */
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

  List<Course> run(List<Subject> subjects) {
    List<Course> courses = new ArrayList<>();
    for (Subject subject : subjects) {
      if (concerns(subject)) {
        session.print("memory of " + subject.name());
        try (Subject fresh = session.fresh(subject.name(), subject.setup().with(TIGHT))) {
          courses.add(course(fresh));
        }
      }
    }
    return courses;
  }

  /** MiB, a column for each number of streams. */
  static Table table(List<Course> courses) {
    List<String> columns = new ArrayList<>(List.of("MiB"));
    List<List<String>> rows = new ArrayList<>();
    for (Course course : courses) {
      List<String> row = new ArrayList<>(List.of(course.name()));
      course.points().forEach(point -> row.add(mib(point.bytes())));
      row.add(mib(course.recovered()));
      row.add(Spread.kib(course.perStream()));
      rows.add(row);
    }
    if (!courses.isEmpty()) {
      courses.get(0).points().stream()
          .map(point -> point.streams() == 0 ? "idle" : point.streams() + " streams")
          .forEach(columns::add);
    }
    columns.addAll(List.of("recovered", "KiB per stream"));
    return new Table(columns, rows);
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / (double) (1 << 20));
  }

  private boolean concerns(Subject subject) {
    boolean again = !subject.isExternal() && subject.tapped();
    boolean all = session.options().scale() != Scale.SMOKE;
    return !subject.isDirect() && again && (all || subject.name().equals(Subjects.EPOLL));
  }

  private Course course(Subject subject) {
    Options options = session.options();
    session.run(subject, options.shortLoad());
    List<Point> points = new ArrayList<>();
    points.add(new Point(0, resident(subject)));
    for (int streams : options.openStreams()) {
      LoadPlan plan = options.quiet(streams);
      session.hold(subject, plan, () -> points.add(new Point(streams, resident(subject))));
    }
    return new Course(subject.name(), points, resident(subject));
  }

  private static long resident(Subject subject) {
    if (subject.onJvm()) {
      Jvm.collect(subject.child().pid());
    } else {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
    }
    return subject.child().residentBytes();
  }
}
