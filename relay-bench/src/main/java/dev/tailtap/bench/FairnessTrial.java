package dev.tailtap.bench;

import dev.tailtap.bench.load.LoadResult;
import java.util.ArrayList;
import java.util.List;

/**
 * 500 quiet streams, without and with one beside them that is as fast as its reader. Not for
 * external gateways: those that were tried do not take as many.
 */
final class FairnessTrial {
  /** The 99th percentile of the quiet ones' delays in nanoseconds, and the fast one's events. */
  record Neighbours(String name, Spread alone, Spread beside, double firehoseBytesPerSecond) {}

  private final Session session;

  FairnessTrial(Session session) {
    this.session = session;
  }

  List<Neighbours> run(List<Subject> subjects) {
    List<Neighbours> all = new ArrayList<>();
    for (Subject subject : subjects) {
      if (subject.tapped() && !subject.isExternal()) {
        session.print("fairness of " + subject.name());
        all.add(neighbours(subject));
      }
    }
    return all;
  }

  private Neighbours neighbours(Subject subject) {
    List<Double> alone = new ArrayList<>();
    List<Double> beside = new ArrayList<>();
    double bytes = 0;
    double seconds = 0;
    for (int round = 0; round < session.options().fairnessRounds(); round++) {
      alone.add(p99(session.run(subject, session.options().neighbours(false))));
      LoadResult loud = session.run(subject, session.options().neighbours(true));
      beside.add(p99(loud));
      bytes += loud.firehoseEvents() * (double) session.options().eventBytes();
      seconds += loud.windowNs() / 1e9;
    }
    return new Neighbours(
        subject.name(), Spread.of(alone), Spread.of(beside), bytes / Math.max(1e-9, seconds));
  }

  private static double p99(LoadResult result) {
    return result.dueDelay().getValueAtPercentile(99);
  }
}
