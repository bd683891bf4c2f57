package dev.tailtap.admin;

import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/**
 * What the limits that are set by name hold, as the admin port shows it: the buckets of this relay,
 * also where relays share others.
 *
 * @param limits in the order of the configuration
 */
public record LimitsPage(Shared shared, List<Limit> limits) {
  /** Copies the list. */
  public LimitsPage {
    limits = List.copyOf(limits);
  }

  /** Whether other buckets decide, which all relays have in common. */
  public enum Shared {
    NONE,
    UP,
    /** They do not at present. */
    AWAY
  }

  /** Who is asked. */
  @FunctionalInterface
  public interface Source {
    /**
     * What the limits hold at present; any thread.
     *
     * @param name of the limit; null: of all
     * @param most buckets of each, the fullest
     */
    LimitsPage of(String name, int most);
  }

  /**
   * One of them.
   *
   * @param warns whether calls beyond its rates and places are let in all the same
   * @param buckets how many there are
   * @param fullest some of them
   */
  public record Limit(String name, boolean warns, int buckets, List<Bucket> fullest) {
    /** Copies the list. */
    public Limit {
      fullest = List.copyOf(fullest);
    }
  }

  /**
   * What one bucket holds; what its limit does not count is null.
   *
   * @param of whose it is, by facet
   * @param meanCost what its calls cost of late; null: nobody knows
   * @param refused how many calls it refused
   */
  public record Bucket(
      Map<String, String> of,
      Part requests,
      Part tokens,
      Part streams,
      Budget budget,
      Double meanCost,
      long refused) {}

  /** What is in use of how much; more is a debt. */
  public record Part(double used, double size) {}

  /**
   * What was used of a budget.
   *
   * @param unit tokens, or a currency
   * @param warns whether calls beyond it are let in all the same
   * @param ageSeconds of the sums that say it
   */
  public record Budget(
      double used,
      double size,
      String unit,
      boolean warns,
      Instant from,
      Instant to,
      double ageSeconds) {}

  /** With what was refused since the start, by why. */
  void json(JsonGenerator out, Stats stats) {
    out.writeStartObject();
    out.writeStringProperty("buckets_of", "this relay");
    out.writeStringProperty("shared", shared.name().toLowerCase(Locale.ROOT));
    out.writeName("limits").writeStartArray();
    limits.forEach(limit -> write(out, limit, stats));
    out.writeEndArray();
    write(out, "keys_refused", stats.counts(Metric.KEYS_REFUSED));
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, String name, Map<String, Long> counts) {
    out.writeName(name).writeStartObject();
    counts.forEach(out::writeNumberProperty);
    out.writeEndObject();
  }

  private static String mode(boolean warns) {
    return warns ? "warn" : "refuse";
  }

  private static void write(JsonGenerator out, Limit limit, Stats stats) {
    out.writeStartObject();
    out.writeStringProperty("name", limit.name);
    out.writeStringProperty("mode", mode(limit.warns));
    write(out, "refused", stats.counts(Metric.LIMIT_REFUSED, limit.name));
    write(out, "warned", stats.counts(Metric.LIMIT_WARNED, limit.name));
    out.writeNumberProperty("buckets", limit.buckets);
    out.writeName("fullest").writeStartArray();
    limit.fullest.forEach(bucket -> write(out, bucket));
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Bucket bucket) {
    out.writeStartObject();
    out.writeName("of").writeStartObject();
    bucket.of.forEach(out::writeStringProperty);
    out.writeEndObject();
    write(out, "requests", bucket.requests);
    write(out, "tokens", bucket.tokens);
    write(out, "streams", bucket.streams);
    if (bucket.budget != null) {
      out.writeName("budget").writeStartObject();
      out.writeNumberProperty("used", bucket.budget.used);
      out.writeNumberProperty("size", bucket.budget.size);
      out.writeStringProperty("unit", bucket.budget.unit);
      out.writeStringProperty("mode", mode(bucket.budget.warns));
      out.writeStringProperty("from", bucket.budget.from.toString());
      out.writeStringProperty("to", bucket.budget.to.toString());
      out.writeNumberProperty("age_seconds", bucket.budget.ageSeconds);
      out.writeEndObject();
    }
    if (bucket.meanCost != null) {
      out.writeNumberProperty("mean_cost", bucket.meanCost);
    }
    out.writeNumberProperty("refused", bucket.refused);
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, String name, Part part) {
    if (part != null) {
      out.writeName(name).writeStartObject();
      out.writeNumberProperty("used", part.used);
      out.writeNumberProperty("size", part.size);
      out.writeEndObject();
    }
  }
}
