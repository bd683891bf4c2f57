package dev.tailtap.bench;

import dev.tailtap.bench.Setup.Way;
import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * One loop and two: with its other threads on the loop's core, with a core for them, and shared.
 */
final class LoopsTrial {
  private static final String ONE_CORE = "1 loop, 1 core";
  private static final String ONE_LOOP = "1 loop, 2 cores";
  private static final String TWO_LOOPS = "2 loops, 2 cores";

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;
  private final List<Section> sections = new ArrayList<>();

  LoopsTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
  }

  List<Section> run() {
    sections.add(new Headline("Loops"));
    sections.add(
        new Paragraph(
            "Tailtap on epoll with relay.loops=1 and 2. On one core its other threads (journal, writer, collector, JIT) share the loop's; a second core is "
                + (session.cores() > 2
                    ? "one that the load does not use."
                    : "the one of the load.")));
    if (plans.isWhole()) {
      one(Way.PROVIDER, List.of(plans.tls()), List.of("streams"), Figure.OF_EVENTS, plans::warmUps);
    }
    one(
        Way.PLAIN,
        plans.shortConnections().stream().map(plans::shortCalls).toList(),
        plans.shortConnections().stream().map(count -> "short calls on " + count).toList(),
        ShortTrial.CALLS,
        plans::shortWarmUps);
    return sections;
  }

  private void one(
      Way way,
      List<LoadPlan> loads,
      List<String> names,
      List<Figure> figures,
      ToIntFunction<Subject> warmUps) {
    List<Subject> subjects =
        new ArrayList<>(session.start(List.of(Subjects.DIRECT), Setup.of(way)));
    subjects.add(relay(ONE_CORE, new Setup(way, 1, 1, List.of(), List.of())));
    if (plans.isWhole()) {
      subjects.add(relay(ONE_LOOP, new Setup(way, 1, 2, List.of(), List.of())));
    }
    subjects.add(relay(TWO_LOOPS, new Setup(way, 2, 2, List.of(), List.of())));
    try {
      loads.forEach(load -> session.warmUp(subjects, load, warmUps));
      List<SideBySide> all = SideBySide.run(session, subjects, loads, plans.rounds());
      for (int i = 0; i < all.size(); i++) {
        String name = way + ", " + names.get(i);
        rounds.add("loops " + name, all.get(i));
        sections.add(
            new Paragraph(Character.toUpperCase(name.charAt(0)) + name.substring(1) + ":"));
        sections.add(Tables.of(all.get(i), figures));
        if (plans.isWhole()) {
          sections.add(Tables.beside(all.get(i), ONE_LOOP, ONE_CORE, figures));
        }
        sections.add(Tables.beside(all.get(i), TWO_LOOPS, ONE_CORE, figures));
      }
    } finally {
      subjects.forEach(Subject::close);
    }
  }

  private Subject relay(String name, Setup setup) {
    session.print(name + ", " + setup.way());
    return session.fresh(Subjects.EPOLL, setup).named(name);
  }
}
