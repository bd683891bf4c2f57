package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import java.util.ArrayList;
import java.util.List;

/** Few streams: what is added where threads, caches and code are cold between two events. */
final class LightTrial {
  private static final List<Figure> FIGURES =
      List.of(
          Figure.added("first byte p50", SideBySide.firstByte(50)),
          Figure.added("first byte p99", SideBySide.firstByte(99)),
          Figure.cpu("CPU per event, µs"));
  private static final List<Figure> BEGINNING =
      List.of(
          Figure.added("first byte p50", SideBySide.firstByte(50)),
          Figure.added("first byte p99", SideBySide.firstByte(99)),
          Figure.cpu("CPU per call, µs"));

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;
  private final List<Section> sections = new ArrayList<>();

  LightTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
  }

  List<Section> run(List<Subject> subjects) {
    warm(subjects);
    justStarted(subjects.stream().filter(subject -> !subject.isExternal()).toList());
    return sections;
  }

  private void warm(List<Subject> subjects) {
    session.print("light loads");
    LoadPlan first = plans.light(1);
    sections.add(new Headline("Light loads, long warm"));
    sections.add(
        new Paragraph(
            "Streams of %d events, one every %d ms, after much more than that was asked of each. Of so few streams a window sees few beginnings: the 99th percentile is nearly its latest."
                .formatted(first.events(), first.intervalUs() / 1_000)));
    session.warmUp(subjects, plans.beforeLight(), plans::warmUps);
    List<Integer> streams = plans.lightStreams();
    List<LoadPlan> loads = streams.stream().map(plans::light).toList();
    List<SideBySide> all = SideBySide.run(session, subjects, loads, plans.rounds());
    for (int i = 0; i < all.size(); i++) {
      rounds.add("light " + streams.get(i), all.get(i));
      sections.add(
          new Paragraph(streams.get(i) + (streams.get(i) == 1 ? " stream:" : " streams:")));
      table(all.get(i), FIGURES);
    }
  }

  /** Each round a process of its own: the first calls, and the next ones. */
  private void justStarted(List<Subject> subjects) {
    int first = plans.firstCalls();
    int next = plans.nextCalls();
    SideBySide firstCalls = new SideBySide(subjects);
    SideBySide nextCalls = new SideBySide(subjects);
    for (int start = 1; start <= plans.starts(); start++) {
      session.print("just started, " + start + " of " + plans.starts());
      for (Subject subject : subjects) {
        try (Subject fresh = session.fresh(subject.name(), Setup.PLAIN)) {
          firstCalls.add(subject.name(), session.run(fresh, plans.beginning(first)));
          nextCalls.add(subject.name(), session.run(fresh, plans.beginning(next)));
        }
      }
    }
    rounds.add("first calls", firstCalls);
    rounds.add("next calls", nextCalls);
    sections.add(new Headline("Light loads, just started"));
    sections.add(
        new Paragraph(
            "One client, a call of one event every 20 ms, through a process that was started for it; as many starts as rounds. The first %d calls:"
                .formatted(first)));
    table(firstCalls, BEGINNING);
    sections.add(new Paragraph("The next %d calls:".formatted(next)));
    table(nextCalls, BEGINNING);
  }

  private void table(SideBySide all, List<Figure> figures) {
    sections.add(Tables.of(all, figures));
    sections.add(Tables.beside(all, Subjects.EPOLL, Subjects.NGINX, figures));
  }
}
