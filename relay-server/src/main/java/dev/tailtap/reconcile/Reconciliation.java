package dev.tailtap.reconcile;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.embedded.StoreVisit;
import dev.tailtap.store.DatabaseAwayException;
import dev.tailtap.store.ModelDays;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Compares what a provider's own usage report counts with our rows. Reads both and changes nothing.
 * One comparison; blocks.
 */
public final class Reconciliation {
  private static final int MOST_MISTAKES = 20;

  private final List<String> lines = new ArrayList<>();
  private final ReconcileRequest request;
  private boolean within = true;

  private Reconciliation(ReconcileRequest request) {
    this.request = request;
  }

  /**
   * Compares.
   *
   * @param request may be made of mistakes
   * @param mistakes what is wrong with what was given is added, and then nothing is compared
   * @throws IOException if a side cannot be read
   */
  public static Reconciliation of(
      ReconcileRequest request, RelayConfig config, List<String> mistakes)
      throws IOException, InterruptedException {
    Reconciliation result = new Reconciliation(request);
    List<String> upstreams = result.upstreams(config, mistakes);
    if (request.provider() == null || request.span() == null) {
      return result;
    }
    UsageReport report = new UsageReport(request.provider(), request.span(), mistakes);
    if (request.file() != null && Files.isReadable(request.file())) {
      ReportSource.read(request.file(), report, mistakes);
    }
    if (mistakes.isEmpty() && request.file() == null) {
      ReportSource.fetch(request, report);
    }
    if (mistakes.isEmpty()) {
      report.end(request.by() != ReconcileRequest.By.DAY);
    }
    if (mistakes.isEmpty()) {
      result.compare(report, result.rows(config, upstreams), upstreams);
    } else if (mistakes.size() > MOST_MISTAKES) {
      int more = mistakes.size() - MOST_MISTAKES;
      mistakes.subList(MOST_MISTAKES, mistakes.size()).clear();
      mistakes.add("and " + more + " more of that kind");
    }
    return result;
  }

  /** The comparison, for people. */
  public List<String> lines() {
    return lines;
  }

  /** Whether no difference is above the tolerance. */
  public boolean within() {
    return within;
  }

  /** Whose rows are ours: of one upstream, or of all that go to the provider itself. */
  private List<String> upstreams(RelayConfig config, List<String> mistakes) {
    String known = String.join(", ", config.upstreams().keySet());
    if (request.upstream() != null) {
      if (!config.upstreams().containsKey(request.upstream())) {
        mistakes.add("--upstream " + request.upstream() + ": must be one of " + known);
      }
      return List.of(request.upstream());
    }
    if (request.provider() == null) {
      return List.of();
    }
    List<String> own =
        config.upstreams().values().stream()
            .filter(upstream -> request.provider().serves(upstream.url().getHost()))
            .map(UpstreamConfig::name)
            .toList();
    if (own.isEmpty()) {
      mistakes.add(
          "no upstream goes to "
              + request.provider().word()
              + " itself: name one with --upstream, of "
              + known);
    }
    return own;
  }

  private List<ModelDays.Group> rows(RelayConfig config, List<String> upstreams)
      throws IOException {
    if (config.store().embedded() && !EmbeddedDatabase.isMade(config.store().dir())) {
      throw new IOException("there are no rows yet: no database in " + config.store().dir());
    }
    try (StoreVisit store = StoreVisit.to(config.store())) {
      return ModelDays.of(
          store.address(),
          request.span().from(),
          request.span().to(),
          upstreams,
          request.provider().leftOut());
    } catch (DatabaseAwayException away) {
      throw new IOException(away.getMessage(), away);
    }
  }

  private void compare(UsageReport report, List<ModelDays.Group> rows, List<String> upstreams) {
    Comparison comparison = new Comparison(request, report.counts(), rows);
    List<Comparison.Line> compared = comparison.lines();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s, %s up to %s (days of UTC), upstream %s; difference is ours less theirs",
            request.provider().word(),
            request.span().from(),
            request.span().to(),
            String.join(", ", upstreams)));
    int above = 0;
    ReportTable table = new ReportTable(request.by(), request.tolerance());
    compared.forEach(table::add);
    if (compared.size() > 1) {
      table.addTotal(comparison.total());
    }
    lines.addAll(table.lines());
    for (Comparison.Line line : compared) {
      above += line.pairs().stream().anyMatch(pair -> pair.above(request.tolerance())) ? 1 : 0;
    }
    lines.addAll(caveats(report, comparison));
    within = above == 0;
    lines.add(verdict(compared.size(), above));
  }

  private List<String> caveats(UsageReport report, Comparison comparison) {
    List<String> told = new ArrayList<>();
    if (!comparison.elsewhere().withoutUsage().isEmpty()) {
      told.add(
          "Ours of models that neither side counts, all without usage: "
              + Explanation.withoutUsage(comparison.elsewhere()));
    }
    List<LocalDate> missing = report.missingDays();
    if (!missing.isEmpty()) {
      told.add(
          "The report says nothing of "
              + missing.stream().map(LocalDate::toString).collect(Collectors.joining(", ")));
    }
    told.add("A report may grow for hours, and a call near midnight may stand on the other day.");
    return told;
  }

  private String verdict(int lineCount, int above) {
    BigDecimal tolerance = request.tolerance();
    if (lineCount == 0) {
      return "Neither side has counted anything.";
    }
    return above == 0
        ? "Within the tolerance of " + tolerance.toPlainString() + " %."
        : above
            + " of "
            + lineCount
            + (lineCount == 1 ? " line is" : " lines are")
            + " above the tolerance of "
            + tolerance.toPlainString()
            + " %.";
  }
}
