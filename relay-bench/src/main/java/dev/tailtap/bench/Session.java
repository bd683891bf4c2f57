package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadPlan;
import dev.tailtap.bench.load.LoadResult;
import java.util.List;
import java.util.Map;

/** What all trials of a run share. Used by one thread. */
final class Session {
  private final Options options;
  private final Lineup lineup;
  private final LoadDriver driver;
  private final Postgres postgres;
  private final Checks checks;
  private int loads;

  Session(Options options, Lineup lineup, LoadDriver driver, Postgres postgres, Checks checks) {
    this.options = options;
    this.lineup = lineup;
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

  /** Starts one more process of a contestant; null: it is missing. */
  Contestant fresh(String name, List<String> relayFlags) {
    return lineup.start(name, relayFlags);
  }

  /** Starts a relay that has ended once more, where it left off. */
  Contestant again(Contestant relay) {
    return lineup.again(relay);
  }

  Map<String, String> skipped() {
    return lineup.skipped();
  }

  /** One load against one contestant, judged. */
  LoadResult run(Contestant contestant, LoadPlan plan) {
    String model = nextModel();
    LoadResult result = driver.run(contestant.aim(plan, model));
    checks.judge(contestant, model, result, postgres);
    return calm(contestant, result);
  }

  /** A load that may break; nothing is judged. */
  LoadResult tryOut(Contestant contestant, LoadPlan plan) {
    return calm(contestant, driver.run(contestant.aim(plan, nextModel())));
  }

  /** A gateway that had more than it can do works on for a while. */
  private static LoadResult calm(Contestant contestant, LoadResult result) {
    if (contestant.isGuest()) {
      contestant.child().awaitIdle();
    }
    return result;
  }

  /** Opens the streams, lets the caller look, ends them. */
  LoadResult hold(Contestant contestant, LoadPlan plan, Runnable look) {
    String model = nextModel();
    driver.begin(contestant.aim(plan, model));
    look.run();
    LoadResult result = driver.end();
    checks.judge(contestant, model, result, postgres);
    return result;
  }

  void say(String line) {
    System.err.println("bench: " + line);
  }

  private String nextModel() {
    return "load-" + ++loads;
  }
}
