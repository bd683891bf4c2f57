package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import dev.tailtap.bench.report.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What other gateways cost beside nginx, and what each recorded of the same streams. */
final class PeersTrial {
  private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);

  /** Looks at a record that grows no more, until it is taken for all that there will be. */
  private static final int LOOKS = 12;

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;
  private final List<Section> sections = new ArrayList<>();

  PeersTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
  }

  List<Section> run(List<Subject> subjects) {
    session.print("peers");
    costs(subjects);
    sections.add(new Headline("What peers recorded"));
    List<Subject> recording =
        subjects.stream().filter(subject -> subject.isExternal() || subject.writesRows()).toList();
    recorded("Streams whose client asks for the usage and stays:", recording, plans.calls(true));
    recorded("Streams whose client does not ask for it:", recording, plans.calls(false));
    recorded(
        "Streams that their client leaves half way, so that the provider's usage never comes (tokens out: events that the client got):",
        recording,
        plans.calls(true).leaving(100));
    return sections;
  }

  private void costs(List<Subject> subjects) {
    LoadPlan plan = plans.peers();
    session.warmUp(subjects, plan, plans::warmUps);
    SideBySide all = SideBySide.run(session, subjects, List.of(plan), plans.rounds()).get(0);
    rounds.add(Load.PEERS.toString(), all);
    sections.add(new Headline("What peers cost"));
    sections.add(
        new Paragraph(
            "%d streams of %d events, one every %d ms; %d rounds. Ratios are taken within a round."
                .formatted(
                    plan.streams(), plan.events(), plan.intervalUs() / 1_000, all.rounds())));
    List<List<String>> rows = new ArrayList<>();
    for (String name : all.names()) {
      List<String> row = new ArrayList<>(List.of(name));
      row.addAll(cost(all, name, SideBySide.firstByte(50)));
      row.addAll(cost(all, name, SideBySide::cpuPerEvent));
      rows.add(row);
    }
    sections.add(
        new Table(
            List.of("", "first byte p50, µs", "to nginx", "CPU per event, µs", "to nginx"), rows));
  }

  private static List<String> cost(
      SideBySide all, String name, ToDoubleFunction<LoadResult> figure) {
    return List.of(
        all.of(name, figure).text(Spread::micros),
        all.ratio(name, Subjects.NGINX, figure).text(Spread::ratio));
  }

  private void recorded(String which, List<Subject> subjects, LoadPlan plan) {
    List<List<String>> rows = new ArrayList<>();
    for (Subject subject : subjects) {
      session.print("what " + subject.name() + " records");
      Supplier<Tally> look = () -> look(subject);
      Tally before = settled(look, 0);
      LoadResult result = session.run(subject, plan);
      long ended = result.completed() + result.aborted();
      Tally sent = new Tally(ended, Checks.PROMPT_TOKENS * ended, result.received());
      Tally recorded = settled(look, before.rows() + ended).minus(before);
      rows.add(
          List.of(
              subject.name(),
              Tally.text(sent.rows()),
              Tally.text(recorded.rows()),
              Tally.text(sent.in()),
              Tally.text(recorded.in()),
              Tally.text(sent.out()),
              Tally.text(recorded.out())));
    }
    sections.add(new Paragraph(which));
    sections.add(
        new Table(
            List.of("", "streams", "rows", "tokens in", "recorded", "tokens out", "recorded"),
            rows));
  }

  private Tally look(Subject subject) {
    if (subject.writesRows()) {
      Postgres.Sums sums = session.postgres().sums(subject.database());
      return new Tally(sums.rows(), sums.promptTokens(), sums.completionTokens());
    }
    return session.options().also().stream()
        .filter(gateway -> gateway.name().equals(subject.name()) && gateway.record() != null)
        .findFirst()
        .map(gateway -> Tally.of(Machine.output("sh", "-c", gateway.record())))
        .orElse(Tally.NONE);
  }

  /** Once the rows are there and a second look is like the first, or no more came for long. */
  private static Tally settled(Supplier<Tally> look, long rows) {
    Tally last = look.get();
    int alike = 0;
    while (!last.equals(Tally.NONE) && alike < (last.rows() < rows ? LOOKS : 1)) {
      LockSupport.parkNanos(LOOK_NS);
      Tally next = look.get();
      alike = next.equals(last) ? alike + 1 : 0;
      last = next;
    }
    return last;
  }
}
