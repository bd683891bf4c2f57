package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/**
 * Reads along a request body as it comes, cut anywhere: what it says of itself at its top level,
 * where the wish for usage can be added to it, and where its model can be exchanged. Work is in
 * proportion to each part, memory at most 4 KiB whatever the body; never throws. Strict at the top
 * level and in {@code stream_options}, lenient in what it skips. One per request; event loop only.
 *
 * <pre>
 * MARK -> BEFORE --{--> KEY_OR_END --"--> IN_KEY --"--> COLON --:--> VALUE --> AFTER --,--> KEY
 *                                                          | IN_STRING, WORD, NUMBER, SKIP
 *         DONE <--}-- KEY_OR_END, AFTER                    any other byte: BROKEN
 * </pre>
 */
public final class RequestScanner implements ModelScanner {
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

  private final Scratch scratch = Scratch.ofThread();
  private final Bytes key = new Bytes(RequestField.LONGEST);
  private final ModelName model = new ModelName(MODEL_LIMIT);
  private final OpenString string = new OpenString();
  private final NestedValue nested = new NestedValue(string, key);
  private final boolean searches;
  private State state = State.MARK;
  private long base; // where in the body the index 0 of the text would be that is being read
  private long before; // bytes of the body that were read
  private int marked;
  private RequestField name;
  private byte[] word;
  private int matched;
  private NumberState number;
  private final AnswerLimit answer = new AnswerLimit();
  private boolean inOptions;
  private Boolean stream;
  private Boolean includeUsage;
  private Boolean store;
  private boolean streamSeen;
  private boolean streams;
  private long root = -1;
  private long options = -1;
  private boolean optionsNull;
  private boolean optionsEmpty;
  private boolean unclear;
  private boolean stateful;

  /**
   * Of a body that begins.
   *
   * @param searches whether to look at any depth for what {@link #stateful} says, which costs a
   *     third more
   */
  RequestScanner(boolean searches) {
    this.searches = searches;
  }

  @Override
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
    RequestReading said =
        new RequestReading(model.text(), stream, includeUsage, store, answer.value());
    return said.equals(RequestReading.NONE) ? RequestReading.NONE : said;
  }

  @Override
  public String model() {
    return model.text();
  }

  @Override
  public boolean modelKnown() {
    return !model.isEmpty();
  }

  @Override
  public boolean modelTwice() {
    return model.isTwice();
  }

  /**
   * Whether what came so far refers to what a provider keeps of one account, or is encrypted for
   * it: {@code previous_response_id}, {@code conversation}, {@code cachedContent}, or {@code
   * encrypted_content} at any depth of {@code input}; null counts as nothing.
   */
  public boolean stateful() {
    return stateful || nested.hasEncryptedContent();
  }

  @Override
  public boolean isOver() {
    return state == State.BROKEN;
  }

  /** Whether a member was named so, with whatever value, or nearly so. */
  boolean modelSeen() {
    return model.isSeen();
  }

  @Override
  public boolean isWhole() {
    return state == State.DONE;
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
   * Exchanges the model; null if none is known, or not which one.
   *
   * @param other the model's name, any text
   */
  public Splice modelSplice(String other) {
    boolean clear = modelKnown() && !modelTwice();
    return clear ? new Splice(model.at(), model.bytes(), ModelName.json(other)) : null;
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
    base = before - from;
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
              int next = NestedValue.afterBlanks(text, i, to);
              yield next < to ? between(text[next], next) : to;
            }
            case BROKEN -> to;
          };
    }
    before += to - from;
  }

  private int between(byte b, int i) {
    return switch (state) {
      case BEFORE -> {
        root = base + i;
        yield moved(b == '{', State.KEY_OR_END, i);
      }
      case KEY_OR_END -> b == '}' ? closed(i) : key(b, i);
      case KEY -> key(b, i);
      case COLON -> moved(b == ':', State.VALUE, i);
      case VALUE -> value(b, i);
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
    string.begin();
    return moved(b == '"', State.IN_KEY, i);
  }

  private int inKey(byte[] text, int from, int to) {
    int end = string.end(text, from, to);
    key.append(text, from, end);
    if (end == to) {
      return cut(end);
    }
    name = RequestField.of(key, string.hasEscapes());
    if (inOptions) {
      optionsEmpty = false;
      unclear |= name == RequestField.INCLUDE_USAGE;
    }
    return moved(name != null, State.COLON, end);
  }

  private int value(byte b, int i) {
    if (!inOptions) {
      switch (name) {
        case MODEL, MODEL_ALIKE -> model.see();
        case STREAM -> {
          unclear |= streamSeen;
          streamSeen = true;
          streams = false;
        }
        case STREAM_OPTIONS -> {
          unclear |= options >= 0 || (b != '{' && b != 'n');
          options = base + i;
          optionsNull = false;
          optionsEmpty = true;
          if (b == '{') {
            inOptions = true;
            return moved(true, State.KEY_OR_END, i);
          }
        }
        case PREVIOUS_RESPONSE_ID,
            PREVIOUS_INTERACTION_ID,
            CONVERSATION,
            CACHED_CONTENT,
            CACHED_CONTENT_SNAKE ->
            stateful |= b != 'n';
        case STORE,
            MAX_TOKENS,
            MAX_COMPLETION_TOKENS,
            MAX_OUTPUT_TOKENS,
            INCLUDE_USAGE,
            INPUT,
            ENCRYPTED_CONTENT,
            OTHER -> {}
      }
    }
    return begin(b, i);
  }

  private int begin(byte b, int i) {
    switch (b) {
      case '"' -> {
        string.begin();
        if (isModel()) {
          model.begin(base + i);
        }
        state = State.IN_STRING;
      }
      case '{', '[' -> {
        boolean input = searches && !inOptions && name == RequestField.INPUT;
        nested.begin(inOptions ? DEEPEST - 2 : DEEPEST - 1, input);
        state = State.SKIP;
      }
      case 't', 'f', 'n' -> {
        word = b == 't' ? TRUE : b == 'f' ? FALSE : NULL;
        matched = 1;
        state = State.WORD;
      }
      default -> {
        number = NumberState.first(b);
        answer.begin(!inOptions && name.limitsAnswer(), b);
        state = number == null ? State.BROKEN : State.NUMBER;
      }
    }
    return i + 1;
  }

  private boolean isModel() {
    return !inOptions && name == RequestField.MODEL;
  }

  private int inString(byte[] text, int from, int to) {
    int end = string.end(text, from, to);
    if (isModel()) {
      model.append(text, from, end);
    }
    if (end == to) {
      return cut(end);
    }
    if (isModel()) {
      model.end(base + end + 1);
    }
    return moved(true, State.AFTER, end);
  }

  /** The string that is open goes on in the next part, unless it is none. */
  private int cut(int i) {
    state = string.isBroken() ? State.BROKEN : state;
    return i;
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
    } else if (name == RequestField.STORE) {
      store = yes;
    } else if (name == RequestField.STREAM_OPTIONS) {
      optionsNull = nothing;
    }
  }

  private int inNumber(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      NumberState next = number.next(text[i]);
      if (next == null) {
        answer.end();
        return moved(number.isWhole(), State.AFTER, i - 1);
      }
      number = next;
      answer.next(text[i]);
    }
    return to;
  }

  private int skip(byte[] text, int from, int to) {
    int end = nested.pass(text, from, to);
    state = nested.isBroken() ? State.BROKEN : nested.isOver() ? State.AFTER : State.SKIP;
    return end;
  }
}
