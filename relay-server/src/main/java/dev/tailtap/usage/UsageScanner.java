package dev.tailtap.usage;

/**
 * Walks JSON as it streams by, at any cut, and lets through only what stands in the places of a
 * {@link FieldTree}: bounded memory however large a document is, and no allocation. Strict along
 * the way to the places, lenient in what it skips. Confined to one event loop.
 *
 * <pre>
 * BETWEEN --{--> KEY_OR_END --"--> IN_KEY --"--> COLON --:--> VALUE --> AFTER --,--> KEY …
 *    ^                                                          | SKIP, IN_STRING, IN_SCALAR
 *    +---- the document's last brace ----------------------------+     any other byte: BROKEN
 * </pre>
 */
final class UsageScanner {
  private enum State {
    BETWEEN,
    KEY_OR_END,
    KEY,
    IN_KEY,
    COLON,
    VALUE,
    VALUE_OR_END,
    IN_STRING,
    IN_SCALAR,
    SKIP,
    AFTER,
    BROKEN
  }

  private static final int DEPTH = 16;
  private static final long OWN_BYTES = 512;

  private final FieldTree.Node[] open = new FieldTree.Node[DEPTH];
  private final boolean[] list = new boolean[DEPTH];
  private final byte[] key = new byte[48];
  private final DocumentFields document = new DocumentFields();
  private State state = State.BETWEEN;
  private FieldTree tree;
  private UsageMerge merge;
  private int depth;
  private int keyLength;
  private FieldTree.Node value;
  private int skipDepth;
  private boolean inSkippedString;
  private boolean escaped;
  private Bytes catching;

  /** Starts on a new text, which holds any number of documents one after another or in a list. */
  void begin(FieldTree places, UsageMerge reader) {
    tree = places;
    merge = reader;
    state = State.BETWEEN;
    depth = 0;
    catching = null;
    escaped = false;
    inSkippedString = false;
    document.clear();
  }

  /** Whether no document is open. */
  boolean isIdle() {
    return state == State.BETWEEN;
  }

  boolean isBroken() {
    return state == State.BROKEN;
  }

  /** What it occupies: some hundred bytes mostly, less than 80 KiB ever. */
  long heldBytes() {
    return OWN_BYTES + document.heldBytes();
  }

  /** The text ends here; a document that is still open says what it said so far. */
  void end() {
    if (state != State.BETWEEN) {
      document.closeCounts();
      merge.fragment(document);
    }
    state = State.BETWEEN;
    depth = 0;
    catching = null;
    merge = null;
  }

  void feed(byte[] text, int from, int to) {
    int i = from;
    while (i < to) {
      i =
          switch (state) {
            case BETWEEN -> between(text[i], i);
            case KEY_OR_END, KEY -> key(text[i], i);
            case IN_KEY -> inKey(text, i, to);
            case COLON -> colon(text[i], i);
            case VALUE, VALUE_OR_END -> value(text[i], i);
            case IN_STRING -> inString(text, i, to);
            case IN_SCALAR -> inScalar(text, i, to);
            case SKIP -> skip(text, i, to);
            case AFTER -> after(text[i], i);
            case BROKEN -> broken(text, i, to);
          };
    }
  }

  private int between(byte b, int i) {
    if (b == '{') {
      push(tree.root(), false);
    } else if (b > ' ' && b != '[' && b != ']' && b != ',') {
      broken();
    }
    return i + 1;
  }

  private int key(byte b, int i) {
    if (b == '"') {
      keyLength = 0;
      state = State.IN_KEY;
    } else if (b == '}' && state == State.KEY_OR_END) {
      pop();
    } else if (b > ' ' || b < 0) {
      broken();
    }
    return i + 1;
  }

  private int inKey(byte[] text, int from, int to) {
    int i = from;
    while (i < to) {
      byte b = text[i++];
      if (b == '"' && !escaped) {
        value = keyLength > key.length ? null : open[depth - 1].child(key, keyLength);
        state = State.COLON;
        return i;
      }
      escaped = b == '\\' && !escaped;
      if (keyLength < key.length) {
        key[keyLength] = b;
      }
      keyLength = Math.min(keyLength + 1, key.length + 1);
    }
    return i;
  }

  private int colon(byte b, int i) {
    if (b == ':') {
      state = State.VALUE;
    } else if (b > ' ' || b < 0) {
      broken();
    }
    return i + 1;
  }

  private int value(byte b, int i) {
    switch (b) {
      case ' ', '\t', '\r', '\n' -> {}
      case '{' -> {
        return object(i);
      }
      case '[' -> {
        if (value != null && value.element() != null && depth < DEPTH) {
          push(value.element(), true);
        } else {
          beginSkip();
        }
      }
      case '"' -> {
        catching = value != null && value.role() != null ? document.beginText() : null;
        state = State.IN_STRING;
      }
      case ']' -> {
        if (state == State.VALUE_OR_END) {
          pop();
        } else {
          broken();
        }
      }
      default -> {
        if (b != '-' && (b < '0' || b > '9') && b != 't' && b != 'f' && b != 'n') {
          broken();
          return i + 1;
        }
        catching = value != null && value.role() != null ? document.beginText() : null;
        state = State.IN_SCALAR;
        return i;
      }
    }
    return i + 1;
  }

  private int object(int i) {
    FieldPath.Role role = value == null ? null : value.role();
    if (role == FieldPath.Role.ERROR) {
      document.error();
    }
    if (role == FieldPath.Role.USAGE
        || role == FieldPath.Role.LAYER
        || role == FieldPath.Role.BESIDE) {
      catching = document.beginObject(value);
      state = State.SKIP;
      skipDepth = 0;
      return i;
    }
    if (value != null && value.hasChildren() && depth < DEPTH) {
      push(value, false);
    } else {
      beginSkip();
    }
    return i + 1;
  }

  private int inString(byte[] text, int from, int to) {
    int end = stringEnd(text, from, to);
    caught(text, from, end);
    if (end == to) {
      return to;
    }
    if (catching != null) {
      catching = null;
      document.text(value, true);
    }
    state = State.AFTER;
    return end + 1;
  }

  /** The index of the quote that ends the string which is open, or {@code to}. */
  private int stringEnd(byte[] text, int from, int to) {
    int i = from;
    while (i < to) {
      if (escaped) {
        escaped = false;
        i++;
        continue;
      }
      i = StringEnds.next(text, i, to);
      if (i == to || text[i] == '"') {
        return i;
      }
      escaped = text[i++] == '\\';
    }
    return to;
  }

  private int inScalar(byte[] text, int from, int to) {
    int i = from;
    while (i < to && isScalar(text[i])) {
      i++;
    }
    caught(text, from, i);
    if (i < to) {
      if (catching != null) {
        catching = null;
        document.text(value, false);
      }
      state = State.AFTER;
    }
    return i;
  }

  private static boolean isScalar(byte b) {
    boolean word = (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || b == 'E';
    return word || b == '.' || b == '-' || b == '+';
  }

  private void beginSkip() {
    catching = null;
    skipDepth = 1;
    state = State.SKIP;
  }

  private int skip(byte[] text, int from, int to) {
    int i = from;
    int open = skipDepth;
    boolean string = inSkippedString;
    while (i < to) {
      if (string) {
        i = stringEnd(text, i, to);
        string = i == to;
        i += string ? 0 : 1;
        continue;
      }
      i = StringEnds.nextBracket(text, i, to);
      if (i == to) {
        break;
      }
      byte b = text[i++];
      if (b == '"') {
        string = true;
      } else if (b == '{' || b == '[') {
        open++;
      } else if ((b == '}' || b == ']') && --open == 0) {
        break;
      }
    }
    inSkippedString = string;
    skipDepth = open;
    caught(text, from, i);
    if (open == 0) {
      if (catching != null) {
        catching = null;
        document.object(value);
      }
      state = State.AFTER;
    }
    return i;
  }

  private int after(byte b, int i) {
    boolean inList = list[depth - 1];
    if (b == ',') {
      value = inList ? open[depth - 1] : null;
      state = inList ? State.VALUE : State.KEY;
    } else if (b == (inList ? ']' : '}')) {
      pop();
    } else if (b > ' ' || b < 0) {
      broken();
    }
    return i + 1;
  }

  private void push(FieldTree.Node node, boolean isList) {
    open[depth] = node;
    list[depth] = isList;
    depth++;
    value = node;
    state = isList ? State.VALUE_OR_END : State.KEY_OR_END;
  }

  private void pop() {
    depth--;
    if (depth > 0) {
      state = State.AFTER;
      return;
    }
    state = State.BETWEEN;
    document.closeCounts();
    merge.document(document);
    document.clear();
  }

  private void caught(byte[] text, int from, int to) {
    if (catching != null) {
      catching.append(text, from, to);
    }
  }

  private void broken() {
    catching = null;
    keyLength = 0;
    value = null;
    state = State.BROKEN;
  }

  /** In a malformed document no path is known: any usage key and its object are one unread. */
  private int broken(byte[] text, int from, int to) {
    if (depth == 0) {
      return to; // Plain text.
    }
    for (int i = from; i < to; i++) {
      byte b = text[i];
      if (b == '"') {
        value = keyLength > key.length ? null : tree.usageNamed(key, keyLength);
        keyLength = 0;
      } else if (b == '{' && value != null && keyLength <= 1) {
        document.unread();
      } else if (b > ' ' || b < 0) {
        if (keyLength < key.length) {
          key[keyLength] = b;
        }
        keyLength = Math.min(keyLength + 1, key.length + 1);
      }
    }
    return to;
  }
}
