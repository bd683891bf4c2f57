package dev.tailtap.attack;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured and which requirement it breaks, so that a failing test says all of it. */
final class Verdict {
  private final String title;
  private final List<String> lines = new ArrayList<>();
  private int faults;

  Verdict(String title) {
    this.title = title;
  }

  synchronized void fact(String format, Object... values) {
    lines.add("      " + String.format(Locale.ROOT, format, values));
  }

  synchronized void require(boolean met, String format, Object... values) {
    faults += met ? 0 : 1;
    lines.add((met ? "  ok  " : "FAIL  ") + String.format(Locale.ROOT, format, values));
  }

  synchronized boolean holds() {
    return faults == 0;
  }

  @Override
  public synchronized String toString() {
    return title + "\n" + String.join("\n", lines) + "\n";
  }
}
