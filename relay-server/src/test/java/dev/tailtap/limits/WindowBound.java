package dev.tailtap.limits;

/** What something was charged, in its order, and the window that is furthest beyond its rate. */
final class WindowBound {
  private final double ratePerNano;
  private double sum; // of the worst window that ends at the last charge
  private double worst;
  private long last;

  WindowBound(double ratePerNano) {
    this.ratePerNano = ratePerNano;
  }

  /** Below zero: it is given back, or was forgotten. */
  void charge(long nanos, double amount) {
    sum = Math.max(0, sum - (nanos - last) * ratePerNano) + amount;
    last = nanos;
    worst = Math.max(worst, sum);
  }

  /** By how much the worst of all windows is beyond what its time brings. */
  double worst() {
    return worst;
  }
}
