package dev.tailtap.bench;

import dev.tailtap.bench.report.Section;
import dev.tailtap.bench.report.Section.Headline;
import dev.tailtap.bench.report.Section.Paragraph;
import dev.tailtap.bench.report.Section.Table;
import dev.tailtap.store.HotSums;
import dev.tailtap.store.HotSums.Result;
import dev.tailtap.store.HotSums.Way;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Sixteen writers into one group of the hour's sums, beside sixteen into as many, in turns. */
final class SumsTrial {
  private static final int WRITERS = 16;
  private static final List<Integer> BATCHES = List.of(10, 100);

  private final Session session;
  private final Plans plans;

  SumsTrial(Session session) {
    this.session = session;
    this.plans = new Plans(session.options());
  }

  List<Section> run() {
    List<Section> sections = new ArrayList<>(List.of(new Headline("Hot lines of sums")));
    sections.add(
        new Paragraph(
            "%d writers without a pause, each as the writer of a relay, into one PostgreSQL that forces each commit; rounds in turns, of %d ms."
                .formatted(WRITERS, plans.writingMs())));
    for (int rows : BATCHES) {
      Map<Way, List<Result>> rounds = rounds(rows);
      sections.add(new Paragraph("Batches of %d rows:".formatted(rows)));
      sections.add(table(rounds));
      sections.add(ratios(rounds));
    }
    return sections;
  }

  private Map<Way, List<Result>> rounds(int rows) {
    String database = "sums_" + rows;
    session.postgres().create(database);
    Map<Way, List<Result>> rounds = new EnumMap<>(Way.class);
    try {
      HotSums sums = new HotSums(() -> session.postgres().connect(database), WRITERS, rows);
      Duration window = Duration.ofMillis(plans.writingMs());
      for (int round = -1; round < plans.rounds(); round++) { // the first warms up
        for (Way way : Way.values()) {
          session.print("sums: %s, %d rows, round %d".formatted(way, rows, round + 1));
          Result result = sums.run(way, window);
          if (round >= 0) {
            rounds.computeIfAbsent(way, fresh -> new ArrayList<>()).add(result);
          }
        }
      }
      session.checks().mistake("sums of batches of " + rows, sums.mistakes());
      return rounds;
    } catch (SQLException e) {
      throw new BenchException("the sums cannot be written: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }

  private static Table table(Map<Way, List<Result>> rounds) {
    List<List<String>> rows = new ArrayList<>();
    rounds.forEach(
        (way, results) ->
            rows.add(
                List.of(
                    way.toString(),
                    of(results, Result::rowsPerSecond).text(Spread::thousands),
                    of(results, Result::p50).text(Spread::micros),
                    of(results, Result::p99).text(Spread::micros))));
    return new Table(List.of("", "rows/s", "a batch, p50, µs", "a batch, p99, µs"), rows);
  }

  private static Spread of(List<Result> results, ToDoubleFunction<Result> figure) {
    return Spread.of(results.stream().map(figure::applyAsDouble).toList());
  }

  private static Table ratios(Map<Way, List<Result>> rounds) {
    List<List<String>> rows = new ArrayList<>();
    for (Way way : List.of(Way.ONE_LINE, Way.ONE_GROUP)) {
      List<Double> ratios = new ArrayList<>();
      for (int round = 0; round < rounds.get(way).size(); round++) {
        ratios.add(
            rounds.get(way).get(round).rowsPerSecond()
                / rounds.get(Way.GROUPS).get(round).rowsPerSecond());
      }
      rows.add(Tables.row(way + ", times", Spread.of(ratios), Spread::ratio));
    }
    return new Table(
        List.of(
            "rows/s beside " + Way.GROUPS, "median", "95 % interval of it", "least to greatest"),
        rows);
  }
}
