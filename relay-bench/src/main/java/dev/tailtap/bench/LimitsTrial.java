package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** What limits cost a call, and the events of those that run beside it: here, and in a Redis. */
final class LimitsTrial {
  private static final String NONE = "no limits";
  private static final String OWN = "its own limits";
  private static final String SHARED = "limits in Redis";

  /**
   * So much that nobody is refused: a bucket that is full again after a microsecond, since calls
   * before the first that ends reserve a tenth of it each.
   */
  private static final List<String> LIMITS =
      List.of(
          "limit.bench.requests=1M/s",
          "limit.bench.tokens=1G/s",
          "limit.bench.tokens-burst=1000",
          "limit.bench.streams=20000",
          "limit.bench.per=route");

  private static final List<Figure> BEGINNINGS =
      List.of(
          Figure.added("first byte p50", SideBySide.firstByte(50)),
          Figure.added("first byte p99", SideBySide.firstByte(99)),
          Figure.added("delay p50", SideBySide.dueDelay(50)),
          Figure.added("delay p99", SideBySide.dueDelay(99)),
          Figure.cpu("CPU per event, µs"));

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;
  private final List<Section> sections = new ArrayList<>();
  private final Redis redis; // null: it is missing

  LimitsTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
    this.redis = session.redis();
  }

  List<Section> run() {
    sections.add(new Headline("Limits"));
    LoadPlan beginnings = plans.beginningBesideOthers();
    int calls = plans.shortConnections().get(0);
    sections.add(
        new Paragraph(
            "Tailtap on epoll with one loop: %s, %s of requests, tokens and streams which refuse nobody, and the same %s."
                .formatted(NONE, OWN, SHARED)));
    if (redis == null) {
      sections.add(new Paragraph("skipped: " + SHARED + ": redis-server missing"));
    }
    List<Subject> subjects = new ArrayList<>(session.start(List.of(Subjects.DIRECT), Setup.PLAIN));
    try {
      subjects.add(relay(NONE, List.of()));
      subjects.add(relay(OWN, LIMITS));
      if (redis != null) {
        List<String> shared = new ArrayList<>(LIMITS);
        shared.add("limits.shared=" + redis.url());
        subjects.add(relay(SHARED, shared));
      }
      // First, since its many calls are what a relay gets warm by.
      one(
          "Short calls on %d connections".formatted(calls),
          subjects,
          plans.shortCalls(calls),
          ShortTrial.CALLS,
          plans::shortWarmUps);
      one(
          "%d streams of %d events, one every %d ms, each followed by the next"
              .formatted(
                  beginnings.streams(), beginnings.events(), beginnings.intervalUs() / 1_000),
          subjects,
          beginnings,
          BEGINNINGS,
          subject -> 1);
    } finally {
      subjects.forEach(Subject::close);
    }
    return sections;
  }

  private void one(
      String name,
      List<Subject> subjects,
      LoadPlan plan,
      List<Figure> figures,
      ToIntFunction<Subject> warmUps) {
    session.warmUp(subjects, plan, warmUps);
    long before = redis == null ? 0 : redis.calls();
    SideBySide all = SideBySide.run(session, subjects, List.of(plan), plans.rounds()).get(0);
    rounds.add("limits " + name, all);
    sections.add(new Paragraph(name + ":"));
    sections.add(Tables.of(all, figures));
    sections.add(Tables.beside(all, OWN, NONE, figures));
    if (redis != null) {
      sections.add(Tables.beside(all, SHARED, OWN, figures));
      judge(all, redis.calls() - before);
    }
  }

  /** A relay that does without its Redis for a while, as on a busy machine, would look fast. */
  private void judge(SideBySide all, long asked) {
    long calls = 0;
    for (int round = 0; round < all.rounds(); round++) {
      calls += all.result(SHARED, round).completed();
    }
    sections.add(
        new Paragraph(
            "Redis was asked %,d times for %,d calls; each has two questions."
                .formatted(asked, calls)));
    if (asked == 0) {
      session.checks().mistake("Redis was not asked for any of %,d calls".formatted(calls));
    }
  }

  private Subject relay(String name, List<String> settings) {
    session.print(name);
    return session.fresh(Subjects.EPOLL, Setup.set(settings)).named(name);
  }
}
