package dev.tailtap.bench;

import dev.tailtap.bench.report.HtmlPage;
import dev.tailtap.bench.report.MarkdownPage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code ./relay bench}: starts driver, database and subjects as processes, measures, and writes
 * the report. Exit code 0; 1 if something came wrong or did not start; 2 for wrong arguments.
 */
public final class Bench {
  private static final String TITLE = "Tailtap beside others";

  private final Options options;
  private final Machine machine = Machine.here();
  private final Findings findings = new Findings();
  private final Checks checks = new Checks();
  private final RoundsFile rounds = new RoundsFile(); // of all loads
  private final Deque<AutoCloseable> opened = new ArrayDeque<>(); // the last one first

  private Bench(Options options) {
    this.options = options;
  }

  public static void main(String[] args) {
    System.exit(run(List.of(args)));
  }

  private static int run(List<String> args) {
    Options options;
    try {
      options = new Options(args);
    } catch (BenchException mistake) {
      System.err.println("bench: " + mistake.getMessage());
      return 2;
    }
    if (options.has(Option.HELP)) {
      System.out.print(Option.usage());
      return 0;
    }
    Bench bench = new Bench(options);
    Runtime.getRuntime().addShutdownHook(new Thread(bench::closeAll, "stop"));
    try {
      return bench.measure();
    } catch (BenchException | UncheckedIOException | IOException e) {
      System.err.println("bench: " + e.getMessage());
      return 1;
    } finally {
      bench.closeAll();
    }
  }

  private int measure() throws IOException {
    long began = System.nanoTime();
    String date = machine.date();
    Path logs = Files.createDirectories(options.out().resolve("logs"));
    Path dir = Files.createDirectories(options.out().resolve("work"));
    clear(logs);
    clear(dir);
    if (options.loads().stream().anyMatch(Load::needsRelay)) {
      machine.pinSelf();
    }
    Postgres postgres = options.has(Option.TARGET) ? null : open(Postgres.start(dir));
    Certificate certificate =
        options.loads().stream().anyMatch(Load::needsTls) ? Certificate.make(dir) : null;
    LoadDriver driver = open(LoadDriver.start(machine, logs, options.providerPort(), certificate));
    Subjects subjects =
        open(new Subjects(machine, dir, logs, postgres, driver.ports(), certificate));
    List<Subject> started = start(subjects);
    subjects
        .skipped()
        .forEach((name, why) -> System.err.println("bench: skipped: " + name + ": " + why));
    Session session = new Session(options, subjects, driver, postgres, checks);
    findings.origin(machine, options, subjects.skipped(), date);
    trials(session, started);
    findings.checks(checks);
    closeAll();
    clear(dir);
    Files.deleteIfExists(dir);
    write((System.nanoTime() - began) / 1_000_000_000L);
    return checks.mistakes().isEmpty() ? 0 : 1;
  }

  private List<Subject> start(Subjects subjects) {
    if (options.has(Option.TARGET)) {
      return subjects.target(
          options.text(Option.TARGET), options.has(Option.LOOSE), options.text(Option.PID));
    }
    boolean plain = options.loads().stream().anyMatch(Load::needsSubjects);
    return plain ? subjects.start(options::wants, options.also()) : List.of();
  }

  private void trials(Session session, List<Subject> subjects) throws IOException {
    for (Load load : options.loads()) {
      switch (load) {
        case STREAMS -> streams(session, subjects);
        case TLS -> findings.add(new TlsTrial(session, rounds).run());
        case SHORT -> findings.add(new ShortTrial(session, rounds).run(exact(subjects)));
        case LIGHT -> findings.add(new LightTrial(session, rounds).run(tapped(subjects)));
        case BODIES -> findings.add(new BodiesTrial(session, rounds).run(exact(subjects)));
        case PEERS -> findings.add(new PeersTrial(session, rounds).run(tapped(subjects)));
        case LOOPS -> findings.add(new LoopsTrial(session, rounds).run());
        case SUMS -> findings.add(new SumsTrial(session).run());
        case LIMITS -> findings.add(new LimitsTrial(session, rounds).run());
      }
    }
    rounds.write(options.out().resolve("rounds.csv"));
  }

  private static List<Subject> tapped(List<Subject> subjects) {
    return subjects.stream().filter(Subject::tapped).toList();
  }

  /** Without other gateways, whose answers cannot be compared byte by byte. */
  private static List<Subject> exact(List<Subject> subjects) {
    return tapped(subjects).stream().filter(Subject::exact).toList();
  }

  private void streams(Session session, List<Subject> subjects) {
    SideBySide all = SideBySide.run(session, subjects);
    rounds.add(Load.STREAMS.toString(), all);
    findings.sideBySide(options, all);
    findings.pairs(all);
    if (options.has(Option.TARGET)) {
      return;
    }
    store(session, subjects);
    if (options.scale() == Scale.FULL) {
      findings.fairness(new FairnessTrial(session).run(subjects));
      findings.climbs(new BreakTrial(session).run(subjects));
    }
    // Last, beside processes that are idle.
    findings.memory(new MemoryTrial(session).run(subjects));
  }

  private void store(Session session, List<Subject> subjects) {
    StoreTrial trial = new StoreTrial(session);
    Spread rowDelay = Spread.NONE;
    Spread startUp = Spread.NONE;
    for (Subject subject : subjects) {
      if (subject.name().equals(Subjects.EPOLL)) {
        rowDelay = trial.rowDelay(subject);
        startUp = trial.startUp();
      }
    }
    findings.store(startUp, rowDelay);
  }

  private void write(long seconds) throws IOException {
    Path html = options.out().resolve("report.html");
    Path markdown = options.out().resolve("report.md");
    String text = MarkdownPage.of(TITLE, findings.sections());
    Files.writeString(html, HtmlPage.of(TITLE, findings.sections()));
    Files.writeString(markdown, text);
    System.out.println(text);
    System.out.println(
        "%s and %s, after %d s; mistakes: %d"
            .formatted(html, markdown.getFileName(), seconds, checks.mistakes().size()));
  }

  private <T extends AutoCloseable> T open(T part) {
    synchronized (opened) {
      opened.push(part);
    }
    return part;
  }

  /** Also when the user breaks it off: nothing may run on. */
  private void closeAll() {
    synchronized (opened) {
      while (!opened.isEmpty()) {
        try {
          opened.pop().close();
        } catch (Exception e) {
          System.err.println("bench: " + e.getMessage());
        }
      }
    }
  }

  private static void clear(Path dir) throws IOException {
    List<Path> inside = new ArrayList<>();
    try (Stream<Path> files = Files.walk(dir)) {
      files.filter(file -> !file.equals(dir)).forEach(inside::add);
    }
    inside.sort(Comparator.reverseOrder());
    for (Path file : inside) {
      Files.deleteIfExists(file);
    }
  }
}
