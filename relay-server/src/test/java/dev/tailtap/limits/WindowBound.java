package dev.tailtap.limits;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What something was charged at which times, and the window that is furthest beyond its rate. */
final class WindowBound {
  private final double ratePerNano;
  private final List<Charge> charges = new ArrayList<>();

  private record Charge(long nanos, double amount) {}

  WindowBound(double ratePerNano) {
    this.ratePerNano = ratePerNano;
  }

  /** Below zero: it is given back, or was forgotten. */
  void charge(long nanos, double amount) {
    charges.add(new Charge(nanos, amount));
  }

  /** By how much the worst of all windows is beyond what its time brings. */
  double worst() {
    charges.sort(Comparator.comparingLong(Charge::nanos));
    double worst = 0;
    double sum = 0; // of the worst window that ends here
    long last = 0;
    for (Charge each : charges) {
      sum = Math.max(0, sum - (each.nanos - last) * ratePerNano) + each.amount;
      last = each.nanos;
      worst = Math.max(worst, sum);
    }
    return worst;
  }
}
