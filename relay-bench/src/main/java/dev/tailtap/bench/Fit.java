package dev.tailtap.bench;

/**
 * The line of least squares through what streams of some lengths cost.
 *
 * @param once where it begins: what a stream costs however long it is
 * @param each how it climbs: what one more event costs
 */
record Fit(double once, double each) {
  static Fit of(double[] events, double[] costs) {
    double meanEvents = mean(events);
    double meanCosts = mean(costs);
    double both = 0;
    double squares = 0;
    for (int i = 0; i < events.length; i++) {
      both += (events[i] - meanEvents) * (costs[i] - meanCosts);
      squares += (events[i] - meanEvents) * (events[i] - meanEvents);
    }
    double each = both / squares;
    return new Fit(meanCosts - each * meanEvents, each);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
