package dev.tailtap.upstream;

import io.netty.handler.codec.DateFormatter;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A time as providers write when a limit is lifted: from now on or as a date, in the many ways that
 * there are. What cannot be read, or is over, is -1. Stateless, any thread.
 */
final class ResetTime {
  private static final int MOST_LETTERS = 64;
  private static final double DISTANT_NANOS = TimeUnit.DAYS.toNanos(365);

  /** A smaller number of seconds is a duration, a larger one is counted from 1970. */
  private static final double MOST_SECONDS = TimeUnit.DAYS.toSeconds(30);

  /** From here on it is milliseconds since 1970: as seconds it would be the year 5138. */
  private static final double LEAST_EPOCH_MILLIS = 1e11;

  private static final Pattern NUMBER = Pattern.compile("\\d{1,15}(?:\\.\\d{0,30})?|\\.\\d{1,30}");
  private static final Pattern DURATION =
      Pattern.compile("(?:\\d{1,15}(?:\\.\\d{0,30})?(?:ns|us|µs|ms|[dhms]))+");
  private static final Pattern PART = Pattern.compile("([\\d.]+)([a-zµ]+)");

  private ResetTime() {}

  /**
   * Seconds or a duration from now, seconds or milliseconds since 1970, an HTTP date (RFC 9110
   * section 5.6.7) or an RFC 3339 time.
   *
   * @param text null: nothing was said
   */
  static long nanos(String text, long nowEpochMillis) {
    String plain = text == null ? "" : text.strip();
    if (plain.isEmpty() || plain.length() > MOST_LETTERS) {
      return -1;
    }
    if (NUMBER.matcher(plain).matches()) {
      double number = Double.parseDouble(plain);
      if (number < MOST_SECONDS) {
        return number(plain, TimeUnit.SECONDS);
      }
      double millis = number < LEAST_EPOCH_MILLIS ? number * 1000 : number;
      return bounded((millis - nowEpochMillis) * 1e6);
    }
    return DURATION.matcher(plain).matches() ? duration(plain) : date(plain, nowEpochMillis);
  }

  /** A number of that unit; null is none. */
  static long number(String text, TimeUnit unit) {
    String plain = text == null ? "" : text.strip();
    boolean number = plain.length() <= MOST_LETTERS && NUMBER.matcher(plain).matches();
    return number ? bounded(Double.parseDouble(plain) * unit.toNanos(1)) : -1;
  }

  /** As Go writes them, {@code 2m59.56s}, and Protocol Buffers in JSON, {@code 34.07s}. */
  private static long duration(String text) {
    double nanos = 0;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      nanos += Double.parseDouble(part.group(1)) * unit(part.group(2)).toNanos(1);
    }
    return bounded(nanos);
  }

  private static TimeUnit unit(String name) {
    return switch (name) {
      case "d" -> TimeUnit.DAYS;
      case "h" -> TimeUnit.HOURS;
      case "m" -> TimeUnit.MINUTES;
      case "s" -> TimeUnit.SECONDS;
      case "ms" -> TimeUnit.MILLISECONDS;
      case "ns" -> TimeUnit.NANOSECONDS;
      default -> TimeUnit.MICROSECONDS;
    };
  }

  private static long date(String text, long now) {
    Date http = DateFormatter.parseHttpDate(text);
    if (http != null) {
      return bounded((http.toInstant().toEpochMilli() - now) * 1e6);
    }
    try {
      return bounded((OffsetDateTime.parse(text).toInstant().toEpochMilli() - now) * 1e6);
    } catch (DateTimeException | ArithmeticException unreadable) {
      return -1;
    }
  }

  private static long bounded(double nanos) {
    return nanos > 0 ? (long) Math.ceil(Math.min(nanos, DISTANT_NANOS)) : -1;
  }
}
