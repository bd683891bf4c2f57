package dev.tailtap.stats;

import java.util.Arrays;

/**
 * Upper bounds of histograms. OpenTelemetry's conventions for generative AI (gen-ai-metrics.md)
 * advise those that begin with ADVISED; streams of models that think take longer than the last of
 * them, so the relay's own go on from there.
 */
@SuppressWarnings("ImmutableEnumChecker") // An array that nobody changes.
enum Buckets {
  /** Of {@code gen_ai.client.operation.duration}. */
  ADVISED_DURATION(
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
  /** Of {@code gen_ai.server.time_to_first_token}. */
  ADVISED_FIRST_TOKEN(
      0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
  /** Of {@code gen_ai.server.time_per_output_token}. */
  ADVISED_OUTPUT_TOKEN(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5),
  /** Of {@code gen_ai.client.token.usage}: powers of four up to 4^13. */
  ADVISED_TOKENS(
      1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864),
  /** Round trips on a loop, which are given up after 20 ms. */
  ROUND_TRIP(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02),
  DURATION(ADVISED_DURATION, 163.84, 327.68, 655.36),
  FIRST_EVENT(ADVISED_FIRST_TOKEN, 20, 40, 80);

  private final double[] bounds;

  Buckets(double... finite) {
    bounds = Arrays.copyOf(finite, finite.length + 1);
    bounds[finite.length] = Double.POSITIVE_INFINITY;
  }

  Buckets(Buckets first, double... further) {
    int before = first.bounds.length - 1;
    bounds = Arrays.copyOf(first.bounds, before + further.length + 1);
    System.arraycopy(further, 0, bounds, before, further.length);
    bounds[before + further.length] = Double.POSITIVE_INFINITY;
  }

  /** Ascending; the last one is infinite. Not to be changed. */
  double[] bounds() {
    return bounds;
  }
}
