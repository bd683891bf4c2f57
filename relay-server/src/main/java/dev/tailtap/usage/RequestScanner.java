package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/**
 * Reads along a request body as it comes, cut anywhere: what it says of itself at its top level,
 * and where the wish for usage can be added to it. Work is in proportion to each part, memory at
 * most 4 KiB whatever the body; never throws. Strict at the top level and in {@code
 * stream_options}, lenient in what it skips. One per request; event loop only.
 *
 * <pre>
 * MARK -> BEFORE --{--> KEY_OR_END --"--> IN_KEY --"--> COLON --:--> VALUE --> AFTER --,--> KEY
 *                                                          | IN_STRING, WORD, NUMBER, SKIP
 *         DONE <--}-- KEY_OR_END, AFTER                    any other byte: BROKEN
 * </pre>
 */
public final class RequestScanner {
  private enum State {
    MARK,
    BEFORE,
    KEY_OR_END,
    KEY,
    IN_KEY,
    COLON,
    VALUE,
    IN_STRING,
    WORD,
    NUMBER,
    SKIP,
    AFTER,
    DONE,
    BROKEN
  }

  /** What Jackson reads, and more than any client sends: beyond it readers may differ. */
  private static final int DEEPEST = 500;

  private static final String WISH = "\"include_usage\":true";
  private static final int MODEL_LIMIT = 256;
  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] TRUE = "true".getBytes(US_ASCII);
  private static final byte[] FALSE = "false".getBytes(US_ASCII);
  private static final byte[] NULL = "null".getBytes(US_ASCII);
  private static final byte[] STEPS = steps();

  private final Scratch scratch = Scratch.ofThread();
  private final Bytes key = new Bytes(RequestField.LONGEST);
  private final ModelName model = new ModelName(MODEL_LIMIT);
  private State state = State.MARK;
  private long before; // bytes of the body before the text that is being read
  private int marked;
  private boolean escapes; // the string that is open has some
  private boolean escaped; // the next byte of it is
  private RequestField name;
  private byte[] word;
  private int matched;
  private NumberState number;
  private int depth;
  private boolean inSkippedString;
  private boolean inOptions;
  private Boolean stream;
  private Boolean includeUsage;
  private boolean streamSeen;
  private boolean streams;
  private long root = -1;
  private long options = -1;
  private boolean optionsNull;
  private boolean optionsEmpty;
  private boolean unclear;

  /** Takes the next part's readable bytes; moves no index, keeps nothing of it. */
  public void feed(ByteBuf part) {
    int from = part.readerIndex();
    int end = part.writerIndex();
    if (part.hasArray()) {
      walk(part.array(), part.arrayOffset() + from, part.arrayOffset() + end);
      return;
    }
    byte[] room = scratch.room();
    for (int i = from; i < end && state != State.BROKEN; i += room.length) {
      int n = Math.min(room.length, end - i);
      part.getBytes(i, room, 0, n);
      walk(room, 0, n);
    }
  }

  /** What the body has said so far, up to where it stopped being JSON. */
  public RequestReading reading() {
    boolean silent = model.isEmpty() && stream == null && includeUsage == null;
    return silent ? RequestReading.NONE : new RequestReading(model.text(), stream, includeUsage);
  }

  /**
   * Whether the wish for usage can be added to what was fed, if that is the whole body: it streams,
   * its client said nothing of usage, and it is one JSON object without doubt.
   */
  public boolean mayAsk() {
    return state == State.DONE && streams && !unclear;
  }

  /** Where the wish for usage goes into what was fed; null if it may not be asked. */
  public Splice splice() {
    if (!mayAsk()) {
      return null;
    }
    if (options < 0) {
      return new Splice(root + 1, 0, "\"stream_options\":{" + WISH + "},");
    }
    return optionsNull
        ? new Splice(options, NULL.length, "{" + WISH + "}")
        : new Splice(options + 1, 0, optionsEmpty ? WISH : WISH + ",");
  }

  /**
   * A change of a body that leaves all other bytes as they came.
   *
   * @param at bytes from the body's start
   * @param replaced bytes there that the text takes the place of
   * @param text ASCII
   */
  public record Splice(long at, long replaced, String text) {}

  private void walk(byte[] text, int from, int to) {
    int i = from;
    while (i < to && state != State.BROKEN) {
      i =
          switch (state) {
            case MARK -> mark(text[i], i);
            case IN_KEY -> inKey(text, i, to);
            case IN_STRING -> inString(text, i, to);
            case WORD -> inWord(text[i], i);
            case NUMBER -> inNumber(text, i, to);
            case SKIP -> skip(text, i, to);
            case BEFORE, KEY_OR_END, KEY, COLON, VALUE, AFTER, DONE -> {
              int next = afterBlanks(text, i, to);
              yield next < to ? between(text[next], next, before + next - from) : to;
            }
            case BROKEN -> to;
          };
    }
    before += to - from;
  }

  private int between(byte b, int i, long place) {
    return switch (state) {
      case BEFORE -> {
        root = place;
        yield moved(b == '{', State.KEY_OR_END, i);
      }
      case KEY_OR_END -> b == '}' ? closed(i) : key(b, i);
      case KEY -> key(b, i);
      case COLON -> moved(b == ':', State.VALUE, i);
      case VALUE -> value(b, i, place);
      case AFTER -> b == '}' ? closed(i) : moved(b == ',', State.KEY, i);
      case MARK, IN_KEY, IN_STRING, WORD, NUMBER, SKIP, DONE, BROKEN ->
          moved(false, State.BROKEN, i);
    };
  }

  private int moved(boolean well, State next, int i) {
    state = well ? next : State.BROKEN;
    return i + 1;
  }

  private int mark(byte b, int i) {
    if (b != BOM[marked]) {
      return moved(marked == 0, State.BEFORE, i - 1);
    }
    marked++;
    return moved(true, marked == BOM.length ? State.BEFORE : State.MARK, i);
  }

  private int closed(int i) {
    boolean object = inOptions;
    inOptions = false;
    return moved(true, object ? State.AFTER : State.DONE, i);
  }

  private int key(byte b, int i) {
    key.clear();
    escapes = false;
    return moved(b == '"', State.IN_KEY, i);
  }

  private int inKey(byte[] text, int from, int to) {
    int end = stringEnd(text, from, to);
    key.append(text, from, end);
    if (end == to || state == State.BROKEN) {
      return end;
    }
    name = RequestField.of(key, escapes);
    if (inOptions) {
      optionsEmpty = false;
      unclear |= name == RequestField.INCLUDE_USAGE;
    }
    return moved(name != null, State.COLON, end);
  }

  private int value(byte b, int i, long place) {
    boolean streamValue = !inOptions && name == RequestField.STREAM;
    boolean optionsValue = !inOptions && name == RequestField.STREAM_OPTIONS;
    if (streamValue) {
      unclear |= streamSeen;
      streamSeen = true;
      streams = false;
    } else if (optionsValue) {
      unclear |= options >= 0 || (b != '{' && b != 'n');
      options = place;
      optionsNull = false;
      optionsEmpty = true;
    }
    if (optionsValue && b == '{') {
      inOptions = true;
      return moved(true, State.KEY_OR_END, i);
    }
    return begin(b, i);
  }

  private int begin(byte b, int i) {
    switch (b) {
      case '"' -> {
        escapes = false;
        if (isModel()) {
          model.begin();
        }
        state = State.IN_STRING;
      }
      case '{', '[' -> {
        depth = 1;
        state = State.SKIP;
      }
      case 't', 'f', 'n' -> {
        word = b == 't' ? TRUE : b == 'f' ? FALSE : NULL;
        matched = 1;
        state = State.WORD;
      }
      default -> {
        number = NumberState.first(b);
        state = number == null ? State.BROKEN : State.NUMBER;
      }
    }
    return i + 1;
  }

  private boolean isModel() {
    return !inOptions && name == RequestField.MODEL;
  }

  private int inString(byte[] text, int from, int to) {
    int end = stringEnd(text, from, to);
    if (isModel()) {
      model.append(text, from, end);
    }
    if (end == to || state == State.BROKEN) {
      return end;
    }
    if (isModel()) {
      model.end();
    }
    return moved(true, State.AFTER, end);
  }

  /** The index of the quote that ends the string; {@code to}: it goes on, or is none. */
  private int stringEnd(byte[] text, int from, int to) {
    int i = from;
    if (escaped) {
      escaped = false;
      i++;
    }
    while (true) {
      i = StringEnds.next(text, i, to);
      if (i == to || text[i] == '"') {
        return i;
      }
      if (text[i] != '\\') {
        state = State.BROKEN;
        return to;
      }
      escapes = true;
      while (i < to - 1 && text[i] == '\\') {
        i += 2;
      }
      if (i == to - 1 && text[i] == '\\') {
        escaped = true;
        return to;
      }
    }
  }

  private int inWord(byte b, int i) {
    if (b != word[matched]) {
      return moved(false, State.BROKEN, i);
    }
    matched++;
    if (matched < word.length) {
      return i + 1;
    }
    literal(word == TRUE, word == NULL);
    return moved(true, State.AFTER, i);
  }

  private void literal(boolean yes, boolean nothing) {
    if (inOptions) {
      boolean wish = name == RequestField.INCLUDE_USAGE && !nothing;
      includeUsage = wish ? (Boolean) yes : includeUsage;
    } else if (name == RequestField.STREAM) {
      streams = yes;
      stream = nothing ? stream : (Boolean) yes;
    } else if (name == RequestField.STREAM_OPTIONS) {
      optionsNull = nothing;
    }
  }

  private int inNumber(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      NumberState next = number.next(text[i]);
      if (next == null) {
        return moved(number.isWhole(), State.AFTER, i - 1);
      }
      number = next;
    }
    return to;
  }

  /** Skips an object or a list by its brackets and strings. */
  private int skip(byte[] text, int from, int to) {
    int deepest = DEEPEST - (inOptions ? 2 : 1);
    int open = depth;
    int i = from;
    while (i < to) {
      if (inSkippedString) {
        i = stringEnd(text, i, to);
        if (i == to) {
          break;
        }
        inSkippedString = false;
        i++;
      }
      byte b = 0;
      while (i < to && (open - 1 | deepest - open) >= 0 && b != '"') {
        b = text[i++];
        open += STEPS[b & 0xFF];
      }
      inSkippedString = b == '"';
      if (open == 0) {
        state = State.AFTER;
        break;
      }
      if (open > deepest) {
        state = State.BROKEN;
        break;
      }
    }
    depth = open;
    return i;
  }

  private static int afterBlanks(byte[] text, int from, int to) {
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
