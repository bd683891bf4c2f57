package dev.tailtap.prices;

import dev.tailtap.store.Price;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads a CSV of one's own prices (RFC 4180): a header that names columns, and a price on each
 * line. They go before those of lists.
 */
final class OwnPrices {
  private static final Set<String> COLUMNS =
      Set.of(
          "rank",
          "upstream",
          "model",
          "tier",
          "geo",
          "speed",
          "over",
          "inclusive",
          "from",
          "to",
          "currency",
          "source");
  private static final Pattern UNIT = Pattern.compile("unit\\.[a-z][a-z0-9_]{0,63}");
  private static final int LONGEST = 256;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
  private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");

  private final PriceList list;
  private int line;

  OwnPrices(PriceList list) {
    this.list = list;
  }

  void read(BufferedReader in) throws IOException {
    List<String> header = new ArrayList<>();
    List<String> names = record(in);
    for (String name : names == null ? List.<String>of() : names) {
      header.add(name.strip().toLowerCase(Locale.ROOT));
    }
    if (!isHeader(header)) {
      return;
    }
    List<String> cells = record(in);
    while (cells != null) {
      if (cells.size() > 1 || !cells.get(0).isBlank()) {
        price(header, cells);
      }
      cells = record(in);
    }
  }

  private boolean isHeader(List<String> header) {
    Set<String> seen = new HashSet<>();
    for (String name : header) {
      if (!COLUMNS.contains(name) && !Price.KINDS.contains(name) && !UNIT.matcher(name).matches()) {
        list.mistake("line 1: no column is called " + name);
      } else if (!seen.add(name)) {
        list.mistake("line 1: " + name + " is there twice");
      }
    }
    if (!seen.contains("model")) {
      list.mistake("line 1: there is no column model");
    }
    return list.mistakes().isEmpty();
  }

  private void price(List<String> header, List<String> cells) {
    if (cells.size() != header.size()) {
      mistake(cells.size() + " cells under " + header.size() + " columns");
      return;
    }
    Map<String, String> row = new HashMap<>();
    for (int i = 0; i < cells.size(); i++) {
      row.put(header.get(i), cells.get(i).strip());
    }
    int before = list.mistakes().size();
    row.forEach(this::text);
    Amounts amounts = new Amounts();
    row.forEach((name, text) -> amount(amounts, name, text));
    Price.Key key = key(row);
    Instant from = hour(row, "from");
    Instant to = hour(row, "to");
    String currency = or(row, "currency", "USD");
    if (!CURRENCY.matcher(currency).matches()) {
      mistake("currency must be three capitals, as USD");
    }
    if (from != null && to != null && !from.isBefore(to)) {
      mistake("from must be before to");
    }
    if (amounts.isEmpty()) {
      mistake("there is no price");
    }
    if (list.mistakes().size() == before) {
      list.add(amounts.price(key, from, to, currency, or(row, "source", list.source())));
    }
  }

  /** Rows have no longer names than these, and the database holds no NUL. */
  private void text(String name, String text) {
    if (text.length() > LONGEST || CONTROL.matcher(text).find()) {
      mistake(name + " must have no control characters, and " + LONGEST + " characters at most");
    }
  }

  private void amount(Amounts amounts, String name, String text) {
    boolean unit = name.startsWith("unit.");
    if (text.isEmpty() || (!unit && !Price.KINDS.contains(name))) {
      return;
    }
    BigDecimal amount = text.matches("\\d{1,12}(\\.\\d{1,30})?") ? new BigDecimal(text) : null;
    if (amount == null) {
      mistake(name + " must be a number from 0, as 1.25");
    } else if (unit) {
      amounts.unit(name.substring("unit.".length()), amount);
    } else {
      amounts.token(name, amount);
    }
  }

  private Price.Key key(Map<String, String> row) {
    String model = or(row, "model", "").toLowerCase(Locale.ROOT);
    if (model.isEmpty()) {
      mistake("model is empty; % stands for every model");
    }
    long over = number(row, "over", -1, Long.MAX_VALUE);
    if (over != -1 && !Price.STEPS.contains(over)) {
      mistake("over must be one of the steps that the sums know: " + Price.STEPS);
    }
    String inclusive = or(row, "inclusive", "false");
    if (!inclusive.matches("true|false") || (over == -1 && inclusive.equals("true"))) {
      mistake("inclusive must be true or false, and true only beside over");
    }
    return new Price.Key(
        (int) number(row, "rank", Price.Key.OWN, Short.MAX_VALUE),
        or(row, "upstream", ""),
        model,
        or(row, "tier", "").toLowerCase(Locale.ROOT),
        or(row, "geo", "").toLowerCase(Locale.ROOT),
        or(row, "speed", "").toLowerCase(Locale.ROOT),
        over,
        inclusive.equals("true"));
  }

  private long number(Map<String, String> row, String name, long preset, long most) {
    String text = or(row, name, "");
    if (text.isEmpty()) {
      return preset;
    }
    if (!text.matches("\\d{1,9}") || Long.parseLong(text) > most) {
      mistake(name + " must be a whole number");
      return preset;
    }
    return Long.parseLong(text);
  }

  private Instant hour(Map<String, String> row, String name) {
    String text = or(row, name, "");
    if (text.isEmpty()) {
      return null;
    }
    try {
      Instant time =
          text.contains("T")
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
      if (time.getEpochSecond() % 3_600 == 0 && time.getNano() == 0) {
        return time;
      }
    } catch (DateTimeException bad) {
      // Said below, as of a time that is no whole hour.
    }
    mistake(name + " must be a date (2026-01-31) or a whole hour (2026-01-31T12:00:00Z)");
    return null;
  }

  private static String or(Map<String, String> row, String name, String preset) {
    String text = row.getOrDefault(name, "");
    return text.isEmpty() ? preset : text;
  }

  private void mistake(String text) {
    list.mistake("line " + line + ": " + text);
  }

  /** The cells of the next record, whose quoted ones may have line ends; null: there is none. */
  private List<String> record(BufferedReader in) throws IOException {
    String text = in.readLine();
    line++;
    if (text == null) {
      return line == 1 ? List.of("") : null;
    }
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '\n';
      if (quoted && c == '\n') {
        text = in.readLine();
        if (text == null) {
          mistake("a quote has no end");
          return null;
        }
        line++;
        i = -1;
        cell.append('\n');
      } else if (c == '"') {
        boolean twice = quoted && i + 1 < text.length() && text.charAt(i + 1) == '"';
        i += twice ? 1 : 0;
        quoted = twice || !quoted;
        cell.append(twice ? "\"" : "");
      } else if (!quoted && (c == ',' || c == '\n')) {
        cells.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    return cells;
  }
}
