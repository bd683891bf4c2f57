package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/** What all trials of a run share. Used by one thread. */
final class Session {
  private final Options options;
  private final Subjects subjects;
  private final LoadDriver driver;
  private final Postgres postgres;
  private final Checks checks;
  private int loads;

  Session(Options options, Subjects subjects, LoadDriver driver, Postgres postgres, Checks checks) {
    this.options = options;
    this.subjects = subjects;
    this.driver = driver;
    this.postgres = postgres;
    this.checks = checks;
  }

  Options options() {
    return options;
  }

  Checks checks() {
    return checks;
  }

  Postgres postgres() {
    return postgres;
  }

  /** Starts one more process of a subject; null: it is missing. */
  Subject fresh(String name, Setup setup) {
    return subjects.start(name, setup);
  }

  /** Starts those of some subjects that are here and wanted. */
  List<Subject> start(List<String> names, Setup setup) {
    List<Subject> started = new ArrayList<>();
    for (String name : names) {
      if (name.equals(Subjects.DIRECT) || options.wants(name)) {
        Subject subject = subjects.start(name, setup);
        if (subject != null) {
          started.add(subject);
        }
      }
    }
    return started;
  }

  /** Rounds that do not count. */
  void warmUp(List<Subject> started, LoadPlan plan, ToIntFunction<Subject> times) {
    for (Subject subject : started) {
      print("warming up " + subject.name());
      for (int i = times.applyAsInt(subject); i > 0; i--) {
        run(subject, plan);
      }
    }
  }

  /** Starts a Redis; null: it is missing. */
  Redis redis() {
    return subjects.redis();
  }

  /** How many cores a run has. */
  int cores() {
    return subjects.cores();
  }

  /** Starts a relay that has ended once more, where it left off. */
  Subject again(Subject relay) {
    return subjects.again(relay);
  }

  Map<String, String> skipped() {
    return subjects.skipped();
  }

  /** One load against one subject, judged. */
  LoadResult run(Subject subject, LoadPlan plan) {
    String model = nextModel();
    LoadResult result = driver.run(subject.aim(plan, model));
    checks.judge(subject, model, plan.call().kind(), result, postgres);
    return calm(subject, result);
  }

  /** A load that may break; nothing is judged. */
  LoadResult tryOut(Subject subject, LoadPlan plan) {
    return calm(subject, driver.run(subject.aim(plan, nextModel())));
  }

  /** A gateway that had more than it can do works on for a while. */
  private static LoadResult calm(Subject subject, LoadResult result) {
    if (subject.isExternal()) {
      subject.child().awaitIdle();
    }
    return result;
  }

  /** Opens the streams, lets the caller look, ends them. */
  LoadResult hold(Subject subject, LoadPlan plan, Runnable look) {
    String model = nextModel();
    driver.begin(subject.aim(plan, model));
    look.run();
    LoadResult result = driver.end();
    checks.judge(subject, model, plan.call().kind(), result, postgres);
    return result;
  }

  void print(String line) {
    System.err.println("bench: " + line);
  }

  private String nextModel() {
    return "load-" + ++loads;
  }
}
