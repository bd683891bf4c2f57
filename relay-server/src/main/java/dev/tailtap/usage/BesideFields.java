package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * What stood beside the usage objects of one document, or of all of a response: each as JSON text,
 * the last that was said, and the largest tallies. Bounded. Confined to one event loop.
 */
final class BesideFields {
  private static final int LIMIT = 768;

  private final Bytes[] values = new Bytes[Beside.count()]; // null, or empty: not said
  private final int[] tallies = new int[Tally.count()];
  private boolean empty = true;

  void clear() {
    if (empty) {
      return;
    }
    empty = true;
    for (Bytes value : values) {
      if (value != null) {
        value.clear();
      }
    }
    Arrays.fill(tallies, 0);
  }

  boolean isEmpty() {
    return empty;
  }

  /** Where the text of an object is collected until {@link #close} says that it is whole. */
  Bytes open(Beside what) {
    Bytes value = value(what);
    value.clear();
    return value;
  }

  /** The value is whole; what was too large is none. */
  void close(Beside what) {
    Bytes value = value(what);
    if (value.overflowed()) {
      value.clear();
    }
  }

  /** A scalar's text, without its quotes. */
  void set(Beside what, Bytes text, boolean string) {
    Bytes value = open(what);
    if (string) {
      value.append((byte) '"');
    }
    value.append(text.array(), 0, text.length());
    if (string) {
      value.append((byte) '"');
    }
    close(what);
  }

  void tally(Tally what, int more) {
    empty = false;
    tallies[what.index()] += more;
  }

  /** Takes over what a later document says. */
  void take(BesideFields later) {
    empty &= later.empty;
    for (int i = 0; i < values.length; i++) {
      Bytes said = later.values[i];
      if (said != null && !said.isEmpty()) {
        value(Beside.at(i)).set(said);
      }
    }
    for (int i = 0; i < tallies.length; i++) {
      tallies[i] = Math.max(tallies[i], later.tallies[i]);
    }
  }

  /** Null, or empty: it was not said. */
  Bytes get(Beside what) {
    return values[what.index()];
  }

  /** Whether anything of it is kept in {@code usage_raw}. */
  boolean isRaw() {
    boolean raw = false;
    for (int i = 0; i < values.length && !empty; i++) {
      raw |= values[i] != null && !values[i].isEmpty() && Beside.at(i).isRaw();
    }
    for (int tally : tallies) {
      raw |= tally > 0;
    }
    return raw;
  }

  /** What it occupies. */
  long heldBytes() {
    long held = 0;
    for (Bytes value : values) {
      held += value == null ? 0 : value.capacity();
    }
    return held;
  }

  /**
   * One JSON object of all that was said and is well formed; empty: nothing was.
   *
   * @param rawOnly without what has a column of its own
   */
  Bytes json(boolean rawOnly) {
    Bytes json = new Bytes(values.length * (LIMIT + 64));
    for (int i = 0; i < values.length; i++) {
      Bytes value = values[i];
      Beside what = Beside.at(i);
      if (value != null && !value.isEmpty() && (what.isRaw() || !rawOnly) && isWhole(value)) {
        member(json, what.key());
        json.append(value.array(), 0, value.length());
      }
    }
    for (int i = 0; i < tallies.length; i++) {
      if (tallies[i] > 0) {
        member(json, Tally.at(i).key());
        byte[] number = Integer.toString(tallies[i]).getBytes(US_ASCII);
        json.append(number, 0, number.length);
      }
    }
    if (!json.isEmpty()) {
      json.append((byte) '}');
    }
    return json;
  }

  private Bytes value(Beside what) {
    int i = what.index();
    if (values[i] == null) {
      values[i] = new Bytes(LIMIT);
    }
    empty = false;
    return values[i];
  }

  /** Most are plain words and digits, which need no parser to say so. */
  private static boolean isWhole(Bytes value) {
    byte[] text = value.array();
    boolean quoted = text[0] == '"';
    for (int i = quoted ? 1 : 0; i < value.length() - (quoted ? 1 : 0); i++) {
      byte b = text[i];
      boolean plain = (b >= 'a' && b <= 'z') || b == '_' || b == '-';
      if (!(b >= '0' && b <= '9') && !(quoted && plain)) {
        return UntrustedJson.isWhole(value);
      }
    }
    return quoted || text[0] != '0' || value.length() == 1;
  }

  private static void member(Bytes json, byte[] key) {
    json.append((byte) (json.isEmpty() ? '{' : ','));
    json.append((byte) '"');
    json.append(key, 0, key.length);
    json.append((byte) '"');
    json.append((byte) ':');
  }
}
