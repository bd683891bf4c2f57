package dev.tailtap.bench;

import dev.tailtap.bench.Setup.Way;
import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import dev.tailtap.bench.report.Section.Table;
import java.util.ArrayList;
import java.util.List;

/**
 * TLS to the provider, to the client, and both: what an event, a stream and a handshake cost. The
 * subjects are started for each way and end with it.
 */
final class TlsTrial {
  private static final List<String> SUBJECTS =
      List.of(
          Subjects.DIRECT, Subjects.BARE_NETTY, Subjects.NGINX, Subjects.HAPROXY, Subjects.EPOLL);

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;
  private final List<Section> sections = new ArrayList<>();

  TlsTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
  }

  List<Section> run() {
    LoadPlan plan = plans.tls();
    sections.add(new Headline("TLS"));
    sections.add(
        new Paragraph(
            "TLS 1.3 with AES-128-GCM, which each handshake must come to; whoever connects to the provider verifies it. %d streams, an event of %d bytes every 20 ms each. Direct has TLS between the clients and the provider, whichever way is measured: what is above it compares within a table. Bare (Netty) has Tailtap's library and knows no HTTP; bare (C) speaks no TLS. Both ends of the load that speak TLS share the driver's core."
                .formatted(plan.streams(), plan.eventBytes())));
    for (Way way : plans.ways()) {
      one(way, plan);
    }
    return sections;
  }

  private void one(Way way, LoadPlan plan) {
    session.print(way.toString());
    sections.add(new Headline("Of it: " + way));
    List<Subject> subjects = session.start(SUBJECTS, Setup.of(way));
    try {
      session.warmUp(subjects, plan, plans::warmUps);
      SideBySide all = SideBySide.run(session, subjects, List.of(plan), plans.rounds()).get(0);
      rounds.add(way.toString(), all);
      sections.add(Tables.of(all, Figure.OF_EVENTS));
      sections.add(Tables.beside(all, Subjects.EPOLL, Subjects.NGINX, Figure.OF_EVENTS));
      if (plans.hasHandshakes(way)) {
        handshakes(way, subjects);
      }
    } finally {
      subjects.forEach(Subject::close);
    }
    if (plans.isWhole()) {
      sections.add(MemoryTrial.table(new MemoryTrial(session).run(subjects)));
    }
  }

  /**
   * Streams that begin all at once: first with sessions of before, and then without, after which
   * everybody holds tickets that open nothing.
   */
  private void handshakes(Way way, List<Subject> subjects) {
    int streams = plans.handshakes(true).streams();
    sections.add(
        new Paragraph(
            "%,d streams that begin at once, on new connections on both sides: until the first byte of the last one. Resumed: of the handshakes, the share that took up a session of before."
                .formatted(streams)));
    for (boolean resumed : List.of(true, false)) {
      LoadPlan plan = plans.handshakes(resumed);
      // Also gathers the sessions that are taken up.
      session.warmUp(subjects, plan, plans::handshakeWarmUps);
      SideBySide all = SideBySide.run(session, subjects, List.of(plan), plans.rounds()).get(0);
      rounds.add(way + (resumed ? " resumed" : " cold"), all);
      List<Figure> figures = figures(resumed);
      Table table = Tables.of(all, withShares(figures, way));
      sections.add(table);
      sections.add(Tables.beside(all, Subjects.EPOLL, Subjects.NGINX, figures));
    }
  }

  private static List<Figure> figures(boolean resumed) {
    String how = resumed ? ", sessions kept" : ", no sessions";
    return List.of(
        Figure.perSecond("streams begun/s" + how), Figure.perCpuSecond("per CPU second" + how));
  }

  private static List<Figure> withShares(List<Figure> figures, Way way) {
    List<Figure> all = new ArrayList<>(figures);
    if (way.toProvider()) {
      all.add(share("resumed at the provider", true));
    }
    if (way.toClient()) {
      all.add(share("resumed by clients", false));
    }
    return all;
  }

  private static Figure share(String title, boolean atProvider) {
    return Figure.of(
        title,
        (LoadResult result) -> result.handshakes().resumedShare(atProvider),
        Tables::percent);
  }
}
