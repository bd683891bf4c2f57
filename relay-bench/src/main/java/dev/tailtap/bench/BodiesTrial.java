package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import java.util.ArrayList;
import java.util.List;

/** What a byte costs: uploads, downloads that nobody reads along, and answers that come packed. */
final class BodiesTrial {
  private static final List<Figure> FIGURES =
      List.of(
          Figure.of("MB per CPU second", BodiesTrial::perCpuSecond, Spread::thousands),
          Figure.of("MB/s", BodiesTrial::perSecond, Spread::thousands));

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;
  private final List<Section> sections = new ArrayList<>();

  BodiesTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
  }

  List<Section> run(List<Subject> subjects) {
    sections.add(new Headline("Bodies"));
    sections.add(
        new Paragraph(
            "One after the other on each connection, every byte compared, as fast as they go; MB are millions of bytes, of packed answers as they are on the way. Nginx hands an upload on as it comes (proxy_request_buffering off). The driver writes, reads and compares all of them on one core: where its share is near 100 %, MB/s are its own."));
    one("uploads", plans.upload(), subjects);
    one("downloads", plans.download(), subjects);
    one("packed answers", plans.packed(), subjects);
    return sections;
  }

  private void one(String what, LoadPlan plan, List<Subject> subjects) {
    session.print(what);
    session.warmUp(subjects, plan, plans::warmUps);
    SideBySide all = SideBySide.run(session, subjects, List.of(plan), plans.rounds()).get(0);
    rounds.add(what, all);
    sections.add(
        new Paragraph(
            "%s, %d connections, bodies of %,d bytes%s:"
                .formatted(
                    Character.toUpperCase(what.charAt(0)) + what.substring(1),
                    plan.streams(),
                    plan.call().bytes(),
                    what.startsWith("packed") ? " when unpacked" : "")));
    sections.add(Tables.of(all, FIGURES));
    sections.add(Tables.beside(all, Subjects.EPOLL, Subjects.NGINX, FIGURES));
  }

  private static double perCpuSecond(LoadResult result) {
    return result.cpuNs() == 0 ? Double.NaN : result.windowBytes() * 1e3 / (double) result.cpuNs();
  }

  private static double perSecond(LoadResult result) {
    return result.windowBytes() * 1e3 / Math.max(1, result.windowNs());
  }
}
