package dev.tailtap.reconcile;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The members of one object in a report. What is missing or of another kind is noted as a mistake,
 * and something harmless given in its place, so that all mistakes are found at once.
 */
final class ReportFields {
  /** More is no count of anybody's tokens. */
  private static final BigInteger MOST = BigInteger.TEN.pow(18);

  private final Map<?, ?> members;
  private final boolean object;
  private final String place;
  private final List<String> mistakes;

  /**
   * Of what stands there, which may not be an object.
   *
   * @param place as a reader of the file would find it
   */
  ReportFields(Object value, String place, List<String> mistakes) {
    this.place = place;
    this.mistakes = mistakes;
    object = value instanceof Map<?, ?>;
    if (value instanceof Map<?, ?> map) {
      members = map;
    } else {
      members = Map.of();
      mistakes.add(place + " is no object");
    }
  }

  /** A text; null: it is not there. */
  String text(String name) {
    return members.get(name) instanceof String text ? text : null;
  }

  boolean isTrue(String name) {
    return Boolean.TRUE.equals(members.get(name));
  }

  /** The objects of a list that must be there. */
  List<ReportFields> list(String name) {
    List<ReportFields> objects = new ArrayList<>();
    if (members.get(name) instanceof List<?> list) {
      for (Object element : list) {
        String where = place + " " + name + "[" + objects.size() + "]";
        objects.add(new ReportFields(element, where, mistakes));
      }
    } else if (object) {
      mistakes.add(place + " has no list " + name);
    }
    return objects;
  }

  BigInteger count(String name, boolean required) {
    Object value = members.get(name);
    if (value == null && !required) {
      return BigInteger.ZERO;
    }
    return count(value, name);
  }

  /** The sum of all counts in an object, which need not be there: its members may become more. */
  BigInteger sum(String name) {
    BigInteger sum = BigInteger.ZERO;
    if (members.get(name) instanceof Map<?, ?> parts) {
      for (Map.Entry<?, ?> part : parts.entrySet()) {
        sum = sum.add(count(part.getValue(), name + "." + part.getKey()));
      }
    }
    return sum;
  }

  private BigInteger count(Object value, String name) {
    if (value instanceof BigInteger count && count.signum() >= 0 && count.compareTo(MOST) < 0) {
      return count;
    }
    mistakes.add(place + " has no count " + name);
    return BigInteger.ZERO;
  }

  /** Null, and noted, where it is none. */
  Instant epochSeconds(String name) {
    BigInteger seconds = count(members.get(name), name);
    try {
      return seconds.signum() == 0 ? null : Instant.ofEpochSecond(seconds.longValueExact());
    } catch (DateTimeException beyond) {
      mistakes.add(place + " has no time " + name);
      return null;
    }
  }

  /** RFC 3339; null, and noted, where it is none. */
  Instant time(String name) {
    try {
      String text = text(name);
      if (text != null) {
        return OffsetDateTime.parse(text).toInstant();
      }
    } catch (DateTimeException other) {
      // Noted below.
    }
    mistakes.add(place + " has no time " + name);
    return null;
  }

  String place() {
    return place;
  }
}
