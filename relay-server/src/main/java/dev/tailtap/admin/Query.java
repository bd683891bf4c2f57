package dev.tailtap.admin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The parameters of a request. What is unknown or wrong is refused, never guessed. */
final class Query {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");

  /** As ISO 8601 has it, with an offset or without. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
          .optionalStart()
          .appendOffsetId()
          .toFormatter(Locale.ROOT);

  private static final int MOST_TEXT = 1000;
  private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");

  private final Map<String, String> parameters;

  private Query(Map<String, String> parameters) {
    this.parameters = parameters;
  }

  /**
   * Takes a query apart.
   *
   * @param raw as it came, still encoded; null: none
   */
  static Query of(String raw) throws BadParameter {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      if (parameters.put(name, value) != null) {
        throw new BadParameter(name + " is given twice");
      }
    }
    return new Query(parameters);
  }

  /** Refuses every parameter that an endpoint does not know. */
  void allow(String... known) throws BadParameter {
    for (String name : parameters.keySet()) {
      if (!List.of(known).contains(name)) {
        String allowed = known.length == 0 ? "none" : String.join(", ", known);
        throw new BadParameter("No parameter " + name + "; there is " + allowed);
      }
    }
  }

  /** A time, in UTC if it has no offset; a date is its beginning in UTC. */
  Instant time(String name, Instant preset) throws BadParameter {
    String text = parameters.get(name);
    if (text == null) {
      return preset;
    }
    try {
      Instant time = time(text);
      if (!time.isBefore(Instant.EPOCH) && time.isBefore(LATEST)) {
        return time.truncatedTo(ChronoUnit.MICROS); // no row is more exact
      }
    } catch (DateTimeException bad) {
      // said below
    }
    throw new BadParameter(
        name
            + " must be a date (2026-01-31), a time (2026-01-31T12:00:00Z; without an offset it is UTC)"
            + " or seconds since 1970");
  }

  private static Instant time(String text) {
    if (text.matches("\\d{1,11}")) {
      return Instant.ofEpochSecond(Long.parseLong(text));
    }
    if (!text.contains("T")) {
      return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    }
    TemporalAccessor time = TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
    return time instanceof OffsetDateTime exact
        ? exact.toInstant()
        : ((LocalDateTime) time).toInstant(ZoneOffset.UTC);
  }

  /** One of some constants, each by its word. */
  <E> E oneOf(String name, E[] constants, Function<E, String> word, E preset) throws BadParameter {
    String text = parameters.get(name);
    if (text == null) {
      return preset;
    }
    Map<String, E> byWord = new LinkedHashMap<>();
    for (E constant : constants) {
      byWord.put(word.apply(constant), constant);
    }
    if (!byWord.containsKey(text)) {
      throw new BadParameter(name + " must be one of " + String.join(", ", byWord.keySet()));
    }
    return byWord.get(text);
  }

  /** A UUID; null: it is not given. */
  UUID id(String name) throws BadParameter {
    String text = parameters.get(name);
    if (text != null && !UUID_TEXT.matcher(text).matches()) {
      throw new BadParameter(name + " must be a UUID");
    }
    return text == null ? null : UUID.fromString(text);
  }

  /** A name; null: it is not given. PostgreSQL takes no NUL. */
  String text(String name) throws BadParameter {
    String text = parameters.get(name);
    if (text != null && (text.length() > MOST_TEXT || text.indexOf(0) >= 0)) {
      throw new BadParameter(name + " may have " + MOST_TEXT + " characters, and none is NUL");
    }
    return text;
  }

  /** A whole number from 1. */
  int count(String name, int most, int preset) throws BadParameter {
    String text = parameters.get(name);
    if (text == null) {
      return preset;
    }
    int number = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > most) {
      throw new BadParameter(name + " must be a whole number from 1 to " + most);
    }
    return number;
  }

  /** A plus stays one, because people write offsets of time zones as they are. */
  private static String decoded(String text) throws BadParameter {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException bad) {
      throw new BadParameter("The query is not percent-encoded");
    }
  }

  /** Says which parameter is wrong and what is allowed. */
  static final class BadParameter extends Exception {
    BadParameter(String message) {
      super(message);
    }
  }
}
