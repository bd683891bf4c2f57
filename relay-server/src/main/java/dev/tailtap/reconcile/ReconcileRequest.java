package dev.tailtap.reconcile;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is to be compared, as the command line says it.
 *
 * @param provider null: a mistake; likewise the span and the tolerance
 * @param tolerance in percent of the provider's count
 * @param upstream whose rows are ours; null: those that go to the provider's own host
 * @param url where the report is asked for, without a slash at its end
 * @param file where it is read instead; null: it is asked for
 * @param key that may read it; null with a file
 */
public record ReconcileRequest(
    Provider provider,
    ReportSpan span,
    By by,
    BigDecimal tolerance,
    String upstream,
    String url,
    Path file,
    String key) {
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final int MOST_DAYS = 366;

  /** What makes a line. */
  enum By {
    BOTH,
    MODEL,
    DAY
  }

  /**
   * Understands the options.
   *
   * @param mistakes what is wrong is added, all of it; with any the result is of no use
   */
  public static ReconcileRequest of(
      Map<String, String> options, Map<String, String> environment, List<String> mistakes) {
    Provider provider = Provider.named(options.get("provider"));
    if (provider == null) {
      mistakes.add(wrong(options, "provider", "must be openai or anthropic"));
    }
    Path file = options.containsKey("file") ? Path.of(options.get("file")) : null;
    if (file != null && !Files.isReadable(file)) {
      mistakes.add("--file " + file + ": cannot be read");
    }
    if (file != null && options.containsKey("url")) {
      mistakes.add("--url is said beside --file; keep one");
    }
    String url = provider == null ? null : provider.url();
    return new ReconcileRequest(
        provider,
        span(options, mistakes),
        by(options, mistakes),
        tolerance(options, mistakes),
        options.get("upstream"),
        options.containsKey("url") ? url(options.get("url"), mistakes) : url,
        file,
        provider == null || file != null ? null : key(provider, environment, mistakes));
  }

  private static String wrong(Map<String, String> options, String name, String allowed) {
    String value = options.get(name);
    return "--" + name + (value == null ? " is missing: " : " " + value + ": ") + allowed;
  }

  private static ReportSpan span(Map<String, String> options, List<String> mistakes) {
    LocalDate from = day(options, "from", mistakes);
    LocalDate to = day(options, "to", mistakes);
    if (from != null && to != null && !from.isBefore(to)) {
      mistakes.add("--to " + to + ": must be later than --from; it is the day behind the last");
    } else if (from != null && to != null && from.plusDays(MOST_DAYS).isBefore(to)) {
      mistakes.add("--to " + to + ": must be at most " + MOST_DAYS + " days after --from");
    }
    return from == null || to == null ? null : new ReportSpan(from, to);
  }

  private static LocalDate day(Map<String, String> options, String name, List<String> mistakes) {
    try {
      if (options.containsKey(name)) {
        LocalDate day = LocalDate.parse(options.get(name));
        if (day.getYear() >= 2000 && day.getYear() < 10_000) {
          return day;
        }
      }
    } catch (DateTimeException other) {
      // Told below.
    }
    mistakes.add(wrong(options, name, "must be a day like 2026-11-01"));
    return null;
  }

  private static By by(Map<String, String> options, List<String> mistakes) {
    String word = options.get("by");
    if (word == null) {
      return By.BOTH;
    }
    if (word.equals("model") || word.equals("day")) {
      return By.valueOf(word.toUpperCase(Locale.ROOT));
    }
    mistakes.add(wrong(options, "by", "must be model or day; without it, both"));
    return null;
  }

  private static BigDecimal tolerance(Map<String, String> options, List<String> mistakes) {
    String text = options.getOrDefault("tolerance", "0.5%");
    String number = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
    if (number.matches("\\d{1,3}(\\.\\d{1,9})?")
        && new BigDecimal(number).compareTo(HUNDRED) <= 0) {
      return new BigDecimal(number);
    }
    mistakes.add(wrong(options, "tolerance", "must be a share from 0 to 100, like 0.5%"));
    return null;
  }

  /** In the clear the key goes to this machine at most. */
  private static String url(String text, List<String> mistakes) {
    String complaint = "--url: must be https://HOST[:PORT], or http of this machine, and no more";
    try {
      URI uri = URI.create(text);
      boolean bare =
          uri.getHost() != null
              && uri.getRawUserInfo() == null
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"));
      boolean safe =
          "https".equals(uri.getScheme())
              || ("http".equals(uri.getScheme()) && bare && isLoopback(uri.getHost()));
      if (bare && safe) {
        return text.replaceFirst("/$", "");
      }
    } catch (IllegalArgumentException other) {
      // Told below.
    }
    mistakes.add(complaint);
    return null;
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException nowhere) {
      return false;
    }
  }

  /** Nothing of it is told, not even what is wrong with it. */
  private static String key(
      Provider provider, Map<String, String> environment, List<String> mistakes) {
    String key = environment.getOrDefault(provider.keyVariable(), "").strip();
    if (key.isEmpty() || !key.chars().allMatch(c -> c > ' ' && c < 127)) {
      mistakes.add(
          provider.keyVariable()
              + (key.isEmpty() ? " is not set: " : " is no key: ")
              + "the report wants a key of an administrator in the environment, or use --file");
      return null;
    }
    return key;
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "ReconcileRequest[" + provider + ", " + span + "]";
  }
}
