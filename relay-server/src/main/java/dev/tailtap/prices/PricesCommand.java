package dev.tailtap.prices;

import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.Price;
import dev.tailtap.store.PriceBook;
import dev.tailtap.store.PriceChange;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code ./relay prices import FILE}: shows what a file of prices would change in the database, and
 * changes it if told to. A file with mistakes changes nothing.
 *
 * @param file in one of the three formats
 * @param apply to change the database, not only to say what would be changed
 * @param correct prices that differ were wrong from their beginning
 * @param from the hour from which a price without a date holds, where it differs; null: this one
 * @param named the list's provider for an upstream
 */
public record PricesCommand(
    Path file, boolean apply, boolean correct, Instant from, Map<String, String> named) {
  private static final int MOST_NAMES = 5;
  private static final int MOST_LINES = 200;

  /**
   * Understands its file and its options.
   *
   * @throws IllegalArgumentException if it cannot; the message says why
   */
  public static PricesCommand of(Path file, Map<String, String> options) {
    Map<String, String> named = new LinkedHashMap<>();
    if (options.containsKey("upstream")) {
      for (String pair : options.get("upstream").split(",", -1)) {
        int equals = pair.indexOf('=');
        require(equals > 0, "--upstream must be NAME=PROVIDER, or several of these with commas");
        named.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
      }
    }
    return new PricesCommand(
        file,
        options.containsKey("apply"),
        options.containsKey("correct"),
        options.containsKey("from") ? hour(options.get("from")) : null,
        named);
  }

  /**
   * Does it.
   *
   * @param urls of the upstreams that are configured
   * @return whether the file had no mistakes
   */
  public boolean run(
      DatabaseAddress address, Map<String, URI> urls, Clock clock, PrintStream out, PrintStream err)
      throws IOException, SQLException {
    PriceList list = PriceFile.read(file, new Upstreams(urls, named));
    PriceDiff.overlaps(list.prices()).forEach(list::mistake);
    if (!list.mistakes().isEmpty()) {
      list.mistakes().forEach(mistake -> err.println("relay: " + file + ": " + mistake));
      err.println("relay: " + list.mistakes().size() + " mistakes in the prices; nothing written");
      return false;
    }
    Instant now = from == null ? clock.instant().truncatedTo(ChronoUnit.HOURS) : from;
    try (PriceBook book = new PriceBook(address)) {
      List<PriceChange> changes = new PriceDiff(now, correct).changes(list.prices(), book.prices());
      show(changes, out);
      noteUncached(list.prices(), out);
      list.omissions()
          .forEach((what, times) -> out.println("left out: " + what + " (" + times + " times)"));
      if (apply && !changes.isEmpty()) {
        book.apply(changes);
      }
      out.println(
          list.prices().size()
              + " prices in "
              + file
              + ", "
              + changes.size()
              + " changes "
              + (apply ? "written to " : "not written (--apply writes them) to ")
              + book.description());
    }
    return true;
  }

  /** Providers cache long prompts unasked, and what has no price is never 0. */
  private static void noteUncached(List<Price> prices, PrintStream out) {
    List<String> models =
        prices.stream()
            .filter(price -> price.amounts().containsKey("input"))
            .filter(price -> !price.amounts().containsKey("cache_read"))
            .map(price -> price.key().model())
            .distinct()
            .toList();
    if (!models.isEmpty()) {
      out.println(
          "no cache_read: "
              + String.join(", ", models.subList(0, Math.min(MOST_NAMES, models.size())))
              + (models.size() > MOST_NAMES ? ", …" : "")
              + "; a call of these that has cached tokens is unpriced");
    }
  }

  private static void show(List<PriceChange> changes, PrintStream out) {
    changes.stream().limit(MOST_LINES).map(PricesCommand::line).forEach(out::println);
    if (changes.size() > MOST_LINES) {
      out.println("… and " + (changes.size() - MOST_LINES) + " more");
    }
  }

  private static String line(PriceChange change) {
    if (change instanceof PriceChange.Ended ended) {
      return "> " + ended.price().key() + " until " + ended.at() + ": " + text(ended.price());
    }
    if (change instanceof PriceChange.Withdrawn withdrawn) {
      return "- "
          + withdrawn.price().key()
          + span(withdrawn.price())
          + ": "
          + text(withdrawn.price());
    }
    Price price = ((PriceChange.Added) change).price();
    return "+ " + price.key() + span(price) + ": " + text(price);
  }

  private static String span(Price price) {
    return (price.from() == null ? "" : " since " + price.from())
        + (price.to() == null ? "" : " until " + price.to());
  }

  private static String text(Price price) {
    StringBuilder text = new StringBuilder();
    price
        .amounts()
        .forEach(
            (kind, amount) ->
                text.append(kind).append('=').append(amount.toPlainString()).append(' '));
    price
        .units()
        .forEach(
            (unit, amount) ->
                text.append("unit.")
                    .append(unit)
                    .append('=')
                    .append(amount.toPlainString())
                    .append(' '));
    return text.append(price.currency()).toString();
  }

  private static Instant hour(String text) {
    try {
      Instant time = Instant.parse(text.contains("T") ? text : text + "T00:00:00Z");
      require(time.equals(time.truncatedTo(ChronoUnit.HOURS)), "--from must be a whole hour");
      return time;
    } catch (DateTimeException bad) {
      throw new IllegalArgumentException(
          "--from must be a date (2026-01-31) or a whole hour (2026-01-31T12:00:00Z)", bad);
    }
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
