package dev.tailtap.usage;

/**
 * An object or list that is passed over by its brackets and strings, cut anywhere. Where it is
 * asked to, it notes whether a member at any depth of it is called {@code encrypted_content} and is
 * not null. Confined to one event loop.
 */
final class NestedValue {
  private enum Next {
    ANYTHING,
    /** The name has been read. */
    COLON,
    VALUE
  }

  private static final int CLEAR_LENGTH = "encrypted_content".length();
  private static final int ESCAPED_LENGTH = 6 * CLEAR_LENGTH;
  private static final byte[] STEPS = steps();

  private final OpenString string;
  private final Bytes name;
  private int deepest;
  private int depth;
  private boolean inString;
  private boolean looks; // at the names in it
  private Next next = Next.ANYTHING;
  private boolean found;

  /** Shares what its owner needs only between values. */
  NestedValue(OpenString string, Bytes name) {
    this.string = string;
    this.name = name;
  }

  /**
   * Its opening bracket has been read.
   *
   * @param levels how deep it may be nested, itself included
   * @param search whether to look at the names in it
   */
  void begin(int levels, boolean search) {
    deepest = levels;
    depth = 1;
    looks = search && !found;
  }

  /** Takes what comes; the index after it. */
  int pass(byte[] text, int from, int to) {
    return looks ? search(text, from, to) : skip(text, from, to);
  }

  private int skip(byte[] text, int from, int to) {
    int most = deepest;
    int open = depth;
    int i = from;
    while (i < to) {
      if (inString) {
        i = string.end(text, i, to);
        if (i == to) {
          break;
        }
        inString = false;
        i++;
      }
      byte b = 0;
      while (i < to && (open - 1 | most - open) >= 0 && b != '"') {
        b = text[i++];
        open += STEPS[b & 0xFF];
      }
      inString = b == '"';
      if (open == 0 || open > most) {
        break;
      }
    }
    depth = open;
    return i;
  }

  /** The same, with a look at each string. */
  private int search(byte[] text, int from, int to) {
    int i = from;
    while (i < to && depth > 0 && depth <= deepest) {
      if (inString) {
        i = nameEnd(text, i, to);
        inString = i == to;
        i += inString ? 0 : 1;
      } else if (next != Next.ANYTHING) {
        i = member(text, i, to);
      } else {
        i = stringStart(text, i, to);
      }
    }
    return i;
  }

  private int stringStart(byte[] text, int from, int to) {
    int most = deepest;
    int open = depth;
    byte b = 0;
    int i = from;
    while (i < to && (open - 1 | most - open) >= 0 && b != '"') {
      b = text[i++];
      open += STEPS[b & 0xFF];
    }
    depth = open;
    if (b == '"') {
      inString = true;
      string.begin();
      name.clear();
    }
    return i;
  }

  /** Whether its closing bracket has been read. */
  boolean isOver() {
    return depth == 0;
  }

  /** Whether it is no JSON, or too deep. */
  boolean isBroken() {
    return depth > deepest || string.isBroken();
  }

  /** Whether one of those that were searched has encrypted content. */
  boolean hasEncryptedContent() {
    return found;
  }

  /** Where a string ends that may be the name that is looked for: most are too short or long. */
  private int nameEnd(byte[] text, int from, int to) {
    int end = string.end(text, from, to);
    int length = end - from;
    boolean whole = end < to && name.isEmpty();
    boolean likely =
        length == CLEAR_LENGTH
            || (string.hasEscapes() && length > CLEAR_LENGTH && length <= ESCAPED_LENGTH);
    if (!whole || likely) {
      name.append(text, from, end);
      boolean found =
          end < to && RequestField.of(name, string.hasEscapes()) == RequestField.ENCRYPTED_CONTENT;
      next = found ? Next.COLON : Next.ANYTHING;
    }
    return end;
  }

  /** Whether that string was the name of a member, and of one that is not null. */
  private int member(byte[] text, int from, int to) {
    int i = afterBlanks(text, from, to);
    if (i < to && next == Next.COLON) {
      boolean member = text[i] == ':';
      next = member ? Next.VALUE : Next.ANYTHING;
      i = member ? afterBlanks(text, i + 1, to) : i;
    }
    if (i < to && next == Next.VALUE) {
      next = Next.ANYTHING;
      found = text[i] != 'n';
      looks = !found;
    }
    return i;
  }

  static int afterBlanks(byte[] text, int from, int to) {
    int i = from;
    while (i < to && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t')) {
      i++;
    }
    return i;
  }

  /** What each byte adds to the depth. */
  private static byte[] steps() {
    byte[] steps = new byte[1 << Byte.SIZE];
    steps['{'] = 1;
    steps['['] = 1;
    steps['}'] = -1;
    steps[']'] = -1;
    return steps;
  }
}
