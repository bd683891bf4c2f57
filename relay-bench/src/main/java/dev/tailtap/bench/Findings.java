package dev.tailtap.bench;

import dev.tailtap.bench.BreakTrial.Climb;
import dev.tailtap.bench.FairnessTrial.Neighbours;
import dev.tailtap.bench.MemoryTrial.Course;
import dev.tailtap.bench.load.LoadResult;
import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import dev.tailtap.bench.report.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/** Puts what was measured into words, tables and pictures. */
final class Findings {
  /** With nothing between and cores of its own, the load is within a millisecond. */
  private static final double BUSY_NS = 5e6;

  /** The share of direct's events below which a subject's figures are not of all its streams. */
  private static final double ENOUGH = 0.9;

  private final List<Section> sections = new ArrayList<>();

  List<Section> sections() {
    return sections;
  }

  void origin(Machine machine, Options options, Map<String, String> skipped, String began) {
    paragraph(
        "Made %s with `%s` at commit %s. %s."
            .formatted(began, options.commandLine(), machine.commit(), machine.description()));
    paragraph(
        "Medians of the rounds, with the least and the greatest in parentheses; ratios and differences are taken within a round, in which each subject has its turn. An interval of 95 % is that of the median (order statistics; from six rounds on).");
    skipped.forEach((name, why) -> paragraph("skipped: " + name + ": " + why));
  }

  /** How large the load of many streams was. */
  private void size(Options options) {
    paragraph(
        "%d streams, an event of %d bytes every %.1f ms each, streams of %d events; %d rounds of %.1f s each, interleaved."
            .formatted(
                options.streams(),
                options.eventBytes(),
                options.steady().intervalUs() / 1_000.0,
                options.steady().events(),
                options.rounds(),
                options.steady().windowMs() / 1_000.0));
  }

  void sideBySide(Options options, SideBySide all) {
    size(options);
    double late = all.of(Subjects.DIRECT, SideBySide.dueDelay(99)).median();
    if (late > BUSY_NS) {
      paragraph(
          "The machine was busy with other work: one in a hundred events came "
              + Math.round(late / 1e6)
              + " ms late or more with nothing between client and provider. The delays below are that work's, and the CPU times are above what they would be.");
    }
    all.names().forEach(name -> doubts(all, name));
    headline("CPU time per event");
    paragraph(
        "User and system time of the process under test, with JIT and garbage collection where it has them."
            + (all.has(all.floor()) ? " The floor is " + all.floor() + "." : "")
            + " The driver's share says how busy the core of the load was: near 100 % it is the limit, and not what stands between.");
    sections.add(cpuTable(all));
    sections.add(Pictures.cpu(all));
    headline("Added time to the first byte");
    paragraph("Of the body, on connections that stand; above direct in the same round, in µs.");
    sections.add(added(all, List.of(50.0, 99.0), SideBySide::firstByte, "direct itself: "));
    headline("Added delay per event");
    paragraph(
        "From when the event was due to its arrival, so that an event that waits because one before it was slow counts as late (no coordinated omission); above direct in the same round, in µs.");
    sections.add(added(all, List.of(50.0, 99.0, 99.9), SideBySide::dueDelay, "direct itself: "));
    paragraph("From when it was really written to its arrival, above direct, in µs.");
    sections.add(added(all, List.of(50.0, 99.0, 99.9), SideBySide::delay, "direct itself: "));
    sections.add(Pictures.percentiles(all));
  }

  /** What must be known of a subject before its figures are read. */
  private void doubts(SideBySide all, String name) {
    if (!all.clean(name)) {
      paragraph(
          name
              + " lost events or failed streams (see Checks): its figures are of what came, and do not compare.");
    }
    double share = all.ratio(name, Subjects.DIRECT, LoadResult::windowEvents).median();
    if (share < ENOUGH) {
      paragraph(
          "%s brought %.0f %% of the events that direct did: streams began late or stood still, and its figures are of the others."
              .formatted(name, 100 * share));
    }
  }

  private static Table cpuTable(SideBySide all) {
    List<List<String>> rows = new ArrayList<>();
    for (String name : all.names()) {
      List<String> row = new ArrayList<>(List.of(name));
      boolean direct = name.equals(Subjects.DIRECT);
      Spread cpu = direct ? Spread.NONE : all.of(name, SideBySide::cpuPerEvent);
      row.add(cpu.text(Spread::micros));
      row.add(cpu.present() ? Spread.micros(all.of(name, SideBySide::userPerEvent).median()) : "–");
      row.add(cpuRatio(all, name, Subjects.NGINX));
      row.add(cpuRatio(all, name, all.floor()));
      row.add(cpu.present() ? String.format(Locale.ROOT, "%,.0f", 1e9 / cpu.median()) : "–");
      row.add(Tables.percent(all.of(name, SideBySide::driverShare).median()));
      rows.add(row);
    }
    return new Table(
        List.of(
            "",
            "µs per event",
            "of it user",
            "to nginx",
            "to the floor",
            "events/s per core",
            "driver's share"),
        rows);
  }

  private static String cpuRatio(SideBySide all, String name, String other) {
    return name.equals(Subjects.DIRECT)
        ? "–"
        : all.ratio(name, other, SideBySide::cpuPerEvent).text(Spread::ratio);
  }

  private static Table added(
      SideBySide all,
      List<Double> percentiles,
      DoubleFunction<ToDoubleFunction<LoadResult>> figure,
      String directSays) {
    List<String> columns = new ArrayList<>(List.of(""));
    percentiles.forEach(p -> columns.add("p" + p.toString().replaceFirst("\\.0$", "")));
    List<List<String>> rows = new ArrayList<>();
    for (String name : all.names()) {
      List<String> row = new ArrayList<>();
      boolean direct = name.equals(Subjects.DIRECT);
      row.add(direct ? directSays.strip() : name);
      for (double p : percentiles) {
        Spread spread =
            direct
                ? all.of(name, figure.apply(p))
                : all.above(name, Subjects.DIRECT, figure.apply(p));
        row.add(spread.text(Spread::micros));
      }
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** What Tailtap costs beside its peers and without its tap, from pairs of neighbouring runs. */
  void pairs(SideBySide all) {
    List<List<String>> rows = new ArrayList<>();
    if (all.has(Subjects.EPOLL)) {
      pair(rows, "CPU per event, times nginx's", ratio(all, Subjects.NGINX), Spread::ratio);
      pair(rows, "CPU per event, times the floor's", ratio(all, all.floor()), Spread::ratio);
      pair(rows, "CPU per event, times untapped's", ratio(all, Subjects.UNTAPPED), Spread::ratio);
      above(rows, all, "First byte, p50", SideBySide.firstByte(50));
      above(rows, all, "Delay per event, p50", SideBySide.dueDelay(50));
      above(rows, all, "Delay per event, p99", SideBySide.dueDelay(99));
      looking(rows, all);
    }
    if (!rows.isEmpty()) {
      headline("Tailtap and the others, round by round");
      paragraph(
          "Tailtap on epoll. Untapped is the same process, asked for answers of a content type that is not read along. The interval holds the median of ever more such rounds with a certainty of 95 % (order statistics; from six rounds on): where it holds 1, or 0 µs, the run does not tell the two apart.");
      sections.add(
          new Table(List.of("", "median", "95 % interval of it", "least to greatest"), rows));
    }
  }

  /** What it costs to be looked at and to be reloaded, where that was asked for. */
  private static void looking(List<List<String>> rows, SideBySide all) {
    if (all.has(Subjects.WATCHED)) {
      Spread cost = all.ratio(Subjects.WATCHED, Subjects.EPOLL, SideBySide::cpuPerEvent);
      pair(
          rows,
          "CPU per event, watched (page, scrapes, log, traces), times not",
          cost,
          Spread::ratio);
    }
    if (all.has(Subjects.RELOADED)) {
      Spread later = all.above(Subjects.RELOADED, Subjects.EPOLL, SideBySide.dueDelay(99.9));
      pair(rows, "Delay p99.9 of one reloaded each second, µs above quiet", later, Spread::micros);
    }
  }

  private static Spread ratio(SideBySide all, String other) {
    return all.ratio(Subjects.EPOLL, other, SideBySide::cpuPerEvent);
  }

  private static void above(
      List<List<String>> rows, SideBySide all, String what, ToDoubleFunction<LoadResult> figure) {
    Spread spread = all.above(Subjects.EPOLL, Subjects.NGINX, figure);
    pair(rows, what + ", µs above nginx's", spread, Spread::micros);
  }

  private static void pair(
      List<List<String>> rows, String what, Spread spread, DoubleFunction<String> format) {
    if (spread.present()) {
      String range = format.apply(spread.least()) + " to " + format.apply(spread.greatest());
      String median = format.apply(spread.median());
      rows.add(List.of(what, median, spread.certain(format), range));
    }
  }

  void memory(List<Course> courses) {
    headline("Resident memory");
    paragraph(
        "Of a fresh process with open, quiet streams (VmRSS; sockets in the kernel are in no such figure). On a JVM the garbage is collected before each look, the young generation is 24 MiB, and free heap is handed back, so that streams are seen and not garbage.");
    if (!courses.isEmpty()) {
      sections.add(MemoryTrial.table(courses));
      sections.add(Pictures.memory(courses));
    }
  }

  /** What a trial has put into words itself. */
  void add(List<Section> ready) {
    sections.addAll(ready);
  }

  void climbs(List<Climb> climbs) {
    headline("Streams sustained");
    paragraph(
        "50 events/s each, more and more streams, until an event comes more than 100 ms after it was due, or never; a step that fails is tried once more. Where direct breaks too, the driver is the limit.");
    List<List<String>> rows = new ArrayList<>();
    for (Climb climb : climbs) {
      BreakTrial.Step last = climb.last();
      rows.add(
          List.of(
              climb.name(),
              String.valueOf(climb.sustained()),
              last.sustained()
                  ? "not reached"
                  : "%d streams: %d late, %d lost"
                      .formatted(last.streams(), last.late(), last.lost()),
              Tables.percent(last.driverShare())));
    }
    sections.add(
        new Table(List.of("", "streams sustained", "broke at", "driver's share there"), rows));
    sections.add(Pictures.climbs(climbs));
  }

  void fairness(List<Neighbours> all) {
    headline("Fairness");
    paragraph(
        "500 streams with 20 events/s, and beside them one that is as fast as its reader: the 99th percentile of the delay of the 500, in µs. The driver writes and reads the fast stream too and slows all others down, also without a relay: compare with direct and the floor.");
    List<List<String>> rows = new ArrayList<>();
    for (Neighbours one : all) {
      rows.add(
          List.of(
              one.name(),
              one.alone().text(Spread::micros),
              one.beside().text(Spread::micros),
              String.format(Locale.ROOT, "%.0f", one.firehoseBytesPerSecond() / 1e6)));
    }
    sections.add(new Table(List.of("", "p99 alone", "p99 beside it", "the fast one, MB/s"), rows));
  }

  void store(Spread startUp, Spread rowDelay) {
    DoubleFunction<String> millis = ns -> String.format(Locale.ROOT, "%.0f", ns / 1e6);
    List<List<String>> rows = new ArrayList<>();
    if (startUp.present()) {
      rows.add(List.of("From the launcher to ready, database aside", startUp.text(millis)));
    }
    if (rowDelay.present()) {
      rows.add(List.of("From a stream's end to its row in PostgreSQL", rowDelay.text(millis)));
    }
    if (!rows.isEmpty()) {
      headline("Start and store");
      sections.add(new Table(List.of("", "ms"), rows));
    }
  }

  void checks(Checks checks) {
    headline("Checks");
    paragraph(checks.summary() + ".");
    checks.mistakes().forEach(this::paragraph);
    if (!checks.externalMistakes().isEmpty()) {
      paragraph("Of other gateways, for which the run does not fail:");
      checks.externalMistakes().forEach(this::paragraph);
    }
  }

  private void headline(String text) {
    sections.add(new Headline(text));
  }

  private void paragraph(String text) {
    sections.add(new Paragraph(text));
  }
}
