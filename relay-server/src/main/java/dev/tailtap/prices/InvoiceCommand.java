package dev.tailtap.prices;

import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.Invoices;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code ./relay invoice MONTH}: stores what a closed month cost, with the prices that made it, and
 * prints it. Repeated, it says what would be different by now; what is stored stays.
 *
 * @param tenant null: all of them
 */
public record InvoiceCommand(YearMonth month, String tenant) {
  /**
   * Understands its word and its options.
   *
   * @throws IllegalArgumentException if it cannot; the message says why
   */
  public static InvoiceCommand of(String month, Map<String, String> options) {
    try {
      return new InvoiceCommand(YearMonth.parse(month), options.get("tenant"));
    } catch (DateTimeException bad) {
      throw new IllegalArgumentException(month + ": must be a month, as 2026-10", bad);
    }
  }

  /**
   * Does it.
   *
   * @return false: the month is not over
   */
  public boolean run(DatabaseAddress address, Clock clock, PrintStream out, PrintStream err)
      throws SQLException {
    if (!month.isBefore(YearMonth.now(clock.withZone(ZoneOffset.UTC)))) {
      err.println("relay: " + month + " is not over yet; nothing stored");
      return false;
    }
    try (Invoices invoices = new Invoices(address)) {
      Invoices.Invoice stored = invoices.stored(month, tenant);
      if (stored != null) {
        print(stored, "stored " + stored.madeAt(), out);
        compare(stored, invoices.computed(month, tenant), out);
      } else {
        print(invoices.store(month, tenant), "stored now", out);
      }
    }
    return true;
  }

  private void print(Invoices.Invoice invoice, String when, PrintStream out) {
    out.println(
        "Invoice "
            + month
            + (tenant == null ? "" : " of tenant " + tenant)
            + ", "
            + when
            + ", from the "
            + invoice.source());
    Map<String, BigDecimal> totals = new TreeMap<>();
    long unpriced = 0;
    for (Invoices.Line line : invoice.lines()) {
      out.println("  " + text(line));
      if (line.cost() == null) {
        unpriced += line.calls();
      } else {
        totals.merge(line.currency(), line.cost(), BigDecimal::add);
      }
    }
    totals.forEach((currency, cost) -> out.println("  total " + plain(cost) + " " + currency));
    out.println("  unpriced calls " + unpriced);
  }

  private static void compare(Invoices.Invoice stored, Invoices.Invoice now, PrintStream out) {
    int changes = 0;
    for (Invoices.Line line : now.lines()) {
      if (stored.lines().stream().noneMatch(line::says)) {
        changes++;
        out.println("  now " + text(line));
      }
    }
    for (Invoices.Line line : stored.lines()) {
      if (now.lines().stream().noneMatch(line::isOf)) {
        changes++;
        out.println("  no more " + text(line));
      }
    }
    out.println(
        changes == 0
            ? "Nothing has changed since."
            : changes + " lines would be different by now; the stored ones stay.");
  }

  private static String text(Invoices.Line line) {
    String mode = line.mode().isEmpty() ? "" : " (" + line.mode() + ")";
    String cost = line.cost() == null ? "unpriced" : plain(line.cost()) + " " + line.currency();
    return (line.tenant().isEmpty() ? "-" : line.tenant())
        + " "
        + line.upstream()
        + " "
        + line.model()
        + mode
        + ": "
        + line.calls()
        + " calls, "
        + cost
        + (line.priced().equals("stated") ? ", stated by the provider" : "");
  }

  private static String plain(BigDecimal amount) {
    BigDecimal bare = amount.stripTrailingZeros();
    return (bare.scale() < 0 ? bare.setScale(0) : bare).toPlainString();
  }
}
