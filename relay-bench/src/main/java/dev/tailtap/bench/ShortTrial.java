package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import dev.tailtap.bench.report.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a call costs: small answers of JSON in a closed loop, and short streams without a pause. */
final class ShortTrial {
  static final List<Figure> CALLS =
      List.of(
          Figure.perSecond("calls/s"),
          Figure.perCpuSecond("calls per CPU second"),
          Figure.cpu("CPU per call, µs"),
          Figure.of("call p50, µs", SideBySide.call(50), Spread::micros),
          Figure.of("call p99, µs", SideBySide.call(99), Spread::micros));

  private final Session session;
  private final RoundsFile rounds;
  private final Plans plans;

  ShortTrial(Session session, RoundsFile rounds) {
    this.session = session;
    this.rounds = rounds;
    this.plans = new Plans(session.options());
  }

  List<Section> run(List<Subject> subjects) {
    List<Section> sections = new ArrayList<>();
    sections.add(new Headline("Short calls"));
    sections.add(
        new Paragraph(
            "One small answer of JSON with its usage after the other on each connection, in a closed loop; through Tailtap with journal and rows. Clients and provider share the driver's core, with as many system calls as a proxy has: where the driver's share is near 100 %, calls/s are its own, and those per CPU second are the subject's."));
    session.print("short calls");
    List<Integer> connections = plans.shortConnections();
    List<LoadPlan> loads = connections.stream().map(plans::shortCalls).toList();
    loads.forEach(load -> session.warmUp(subjects, load, plans::shortWarmUps));
    List<SideBySide> all = SideBySide.run(session, subjects, loads, plans.rounds());
    for (int i = 0; i < all.size(); i++) {
      rounds.add("short " + connections.get(i), all.get(i));
      sections.add(new Paragraph(connections.get(i) + " connections:"));
      sections.add(Tables.of(all.get(i), CALLS));
      sections.add(Tables.beside(all.get(i), Subjects.EPOLL, Subjects.NGINX, CALLS));
    }
    bursts(subjects, sections);
    return sections;
  }

  private void bursts(List<Subject> subjects, List<Section> sections) {
    session.print("short streams");
    List<Integer> events = plans.burstEvents();
    List<LoadPlan> loads = events.stream().map(plans::bursts).toList();
    loads.forEach(load -> session.warmUp(subjects, load, plans::warmUps));
    List<SideBySide> all = SideBySide.run(session, subjects, loads, plans.rounds());
    for (int i = 0; i < all.size(); i++) {
      rounds.add("streams of " + events.get(i), all.get(i));
    }
    sections.add(new Headline("What a stream costs, and what an event"));
    sections.add(
        new Paragraph(
            "Streams of %s events without a pause, %d at a time: CPU time per stream in µs, and the line through the three of a round: what a stream costs once, and each event of it. Events that come so close are read several at once."
                .formatted(
                    events.stream().map(String::valueOf).collect(Collectors.joining(", ")),
                    loads.get(0).streams())));
    sections.add(lines(all, events));
  }

  private static Table lines(List<SideBySide> all, List<Integer> events) {
    List<String> columns = new ArrayList<>(List.of("µs"));
    events.forEach(count -> columns.add("stream of " + count));
    columns.addAll(
        List.of("once a stream", "each event", "once, times nginx's", "95 % interval of that"));
    List<List<String>> rows = new ArrayList<>();
    SideBySide first = all.get(0);
    for (String name : first.names()) {
      if (!name.equals(Subjects.DIRECT)) {
        List<String> row = new ArrayList<>(List.of(name));
        for (int i = 0; i < all.size(); i++) {
          int count = events.get(i);
          row.add(all.get(i).of(name, result -> perStream(result, count)).text(Spread::micros));
        }
        row.add(fits(all, events, name, true).text(Spread::micros));
        row.add(fits(all, events, name, false).text(Spread::micros));
        Spread ratio = ratio(all, events, name);
        row.add(ratio.present() ? Spread.ratio(ratio.median()) : "–");
        row.add(ratio.certain(Spread::ratio));
        rows.add(row);
      }
    }
    return new Table(columns, rows);
  }

  private static double perStream(LoadResult result, int events) {
    return SideBySide.cpuPerEvent(result) * events;
  }

  private static Spread fits(
      List<SideBySide> all, List<Integer> events, String name, boolean once) {
    List<Double> values = new ArrayList<>();
    for (int round = 0; round < all.get(0).rounds(); round++) {
      Fit fit = fit(all, events, name, round);
      values.add(once ? fit.once() : fit.each());
    }
    return Spread.of(values);
  }

  private static Spread ratio(List<SideBySide> all, List<Integer> events, String name) {
    List<Double> values = new ArrayList<>();
    for (int round = 0; all.get(0).has(Subjects.NGINX) && round < all.get(0).rounds(); round++) {
      values.add(
          fit(all, events, name, round).once() / fit(all, events, Subjects.NGINX, round).once());
    }
    return Spread.of(values);
  }

  private static Fit fit(List<SideBySide> all, List<Integer> events, String name, int round) {
    double[] x = new double[events.size()];
    double[] y = new double[events.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = events.get(i);
      y[i] = perStream(all.get(i).result(name, round), events.get(i));
    }
    return Fit.of(x, y);
  }
}
