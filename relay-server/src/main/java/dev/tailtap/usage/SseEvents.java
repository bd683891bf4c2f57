package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Server-sent events as the WHATWG's HTML standard defines them (section 9.2.6, "Interpreting an
 * event stream"). An event of one data line that lies whole in a span is read only if it shows one
 * of the dialect's keys; any other runs through a scanner as it comes. Confined to one event loop.
 */
final class SseEvents implements Documents {
  private enum Line {
    START,
    NAME,
    DATA,
    EVENT,
    BARE,
    OTHER
  }

  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] DATA = ascii("data");
  private static final byte[] EVENT = ascii("event");
  private static final byte[] ERROR = ascii("error");
  private static final byte[] ID = ascii("id");
  private static final byte[] DONE = ascii("[DONE]");
  private static final byte[] LF = ascii("\n");

  /** In so many events at the start the id is looked for, whatever else they hold. */
  private static final int OPENING_EVENTS = 8;

  private final FieldTree tree;
  private final UsageMerge merge;
  private final Scratch scratch;
  private final RetainedEvent retained;
  private Line line = Line.START;
  private Bytes word; // of the line that is open; null: each event has come in one
  private int bom;
  private boolean afterReturn;
  private boolean done;
  private boolean bare;
  private UsageScanner scanner;
  private long events;
  private boolean
      lastUnread; // the last event had nothing to tell, so the merge does not know of it

  SseEvents(FieldTree tree, UsageMerge merge, Scratch scratch, RetainedEvent retained) {
    this.tree = tree;
    this.merge = merge;
    this.scratch = scratch;
    this.retained = retained;
  }

  @Override
  public void feed(byte[] text, int from, int to) {
    int i = from;
    while (bom < BOM.length && i < to) {
      boolean marked = text[i] == BOM[bom];
      bom = marked ? bom + 1 : BOM.length;
      i += marked ? 1 : 0;
    }
    if (afterReturn && i < to) {
      afterReturn = false;
      i += text[i] == '\n' ? 1 : 0;
    }
    boolean untried = true; // one look at each event, or many lines without data cost a square
    while (i < to) {
      boolean start = line == Line.START && scanner == null;
      int next = start && untried ? wholeEvent(text, i, to) : i;
      if (next > i) {
        i = next;
      } else {
        untried = line == Line.START && isLineEnd(text[i]);
        i = step(text, i, to);
      }
    }
  }

  @Override
  public void end() {
    readRetained();
    if (line != Line.START) {
      endLine();
    }
    if (scanner != null) {
      boolean complete = scanner.isIdle() || done;
      dispatch();
      events -= complete ? 0 : 1;
    }
    if (lastUnread) {
      merge.lastIsUnread();
    }
  }

  @Override
  public long count() {
    return events;
  }

  @Override
  public long heldBytes() {
    return scanner == null ? 0 : scanner.heldBytes();
  }

  /** Takes an event of one data line that lies here in full; else returns {@code from}. */
  private int wholeEvent(byte[] text, int from, int to) {
    int start = -1; // of the data
    int end = -1;
    int i = from;
    while (i >= 0 && i < to && text[i] != '\n' && text[i] != '\r') {
      int lineEnd = Newlines.next(text, i, to);
      if (isField(text, i, lineEnd, DATA) && start < 0) {
        start = afterColon(text, i + DATA.length, lineEnd);
        end = lineEnd;
      } else if (!isOfNoInterest(text, i, lineEnd)) {
        return from;
      }
      i = Newlines.after(text, lineEnd, to);
    }
    int next = Newlines.after(text, i, to);
    if (next < 0 || start < 0) {
      return from;
    }
    wholeData(text, start, end);
    return next;
  }

  /** Comments, ids, and the names of events, all but {@code error}. */
  private static boolean isOfNoInterest(byte[] text, int from, int end) {
    if (isField(text, from, end, EVENT)) {
      return !startsWith(text, afterColon(text, from + EVENT.length, end), end, ERROR);
    }
    return text[from] == ':' || isField(text, from, end, ID);
  }

  private void wholeData(byte[] text, int start, int end) {
    if (startsWith(text, start, end, DONE)) {
      merge.close();
      lastUnread = true;
      return;
    }
    events++;
    boolean opening = events <= OPENING_EVENTS && !merge.hasId();
    int mentioned = tree.needles().mentioned(text, start, end);
    lastUnread = !opening && mentioned == 0;
    if (opening) {
      readRetained();
      UsageScanner scanner = scratch.borrow(tree, merge);
      scanner.feed(text, start, end);
      scanner.end();
      scratch.giveBack(scanner);
    } else if (mentioned != 0) {
      keep(text, start, end, mentioned);
    }
  }

  private void keep(byte[] text, int start, int end, int mentioned) {
    boolean saysAll = retained.mentioned() == Needles.USAGE && (mentioned & Needles.USAGE) != 0;
    if (!saysAll || !TokenCounts.anyAboveZero(text, start, end)) {
      readRetained();
    }
    scratch.span().keep(start, end, mentioned, retained);
    scratch.retained(retained);
  }

  /** What is kept comes before all that is read after it. */
  private void readRetained() {
    scratch.read(retained, tree, merge);
  }

  private int step(byte[] text, int from, int to) {
    if (line == Line.START) {
      if (isLineEnd(text[from])) {
        dispatch();
        return pastNewline(text, from, to);
      }
      readRetained();
      startLine(text[from]);
    }
    int end = Newlines.next(text, from, to);
    int i = line == Line.NAME ? name(text, from, end) : from;
    switch (line) {
      case DATA -> {
        word.append(text, i, end);
        scanner.feed(text, i, end);
      }
      case BARE -> scanner.feed(text, i, end);
      case EVENT -> word.append(text, i, end);
      case START, NAME, OTHER -> {}
    }
    if (end < to) {
      endLine();
      return pastNewline(text, end, to);
    }
    return end;
  }

  /** A line that starts with a brace is no field: some servers break off with a bare error. */
  private void startLine(byte first) {
    if (scanner == null && first == '{') {
      bare = true;
      scanner = scratch.borrow(tree, merge);
    }
    boolean goesOn = bare && !scanner.isBroken() && (first == '{' || !scanner.isIdle());
    if (word == null) {
      word = new Bytes(16);
    }
    word.clear();
    line = goesOn ? Line.BARE : Line.NAME;
  }

  /** Reads on in a field's name; the index after its colon, or the end. */
  private int name(byte[] text, int from, int end) {
    int i = from;
    while (i < end && text[i] != ':') {
      i++;
    }
    word.append(text, from, i);
    if (i < end) {
      startValue();
      i++;
    }
    return i;
  }

  private void startValue() {
    if (word.is(DATA)) {
      startData();
    } else if (word.is(EVENT)) {
      line = Line.EVENT;
    } else {
      if (word.is(ERROR)) {
        merge.error();
      }
      line = Line.OTHER;
    }
    word.clear();
  }

  /** Further lines of an event go on with its document; if that is none, each may be one. */
  private void startData() {
    line = Line.DATA;
    if (scanner == null) {
      scanner = scratch.borrow(tree, merge);
    } else if (scanner.isBroken() || bare) {
      scanner.end();
      scanner.begin(tree, merge);
    } else {
      scanner.feed(LF, 0, 1);
    }
    bare = false;
  }

  private void endLine() {
    if (line == Line.NAME && word.is(DATA)) {
      startData();
    } else if (line == Line.DATA) {
      done = word.isTrimmed(DONE);
    } else if (line == Line.EVENT && word.isTrimmed(ERROR)) {
      merge.error();
    }
    line = Line.START;
  }

  /** The event is over. */
  private void dispatch() {
    if (scanner == null) {
      return;
    }
    UsageScanner ended = scanner;
    scanner = null;
    lastUnread = done;
    if (done) {
      merge.close();
    } else if (!bare) {
      events++;
    }
    done = false;
    bare = false;
    ended.end();
    scratch.giveBack(ended);
  }

  private static boolean isLineEnd(byte b) {
    return b == '\n' || b == '\r';
  }

  private int pastNewline(byte[] text, int i, int to) {
    int next = Newlines.after(text, i, to);
    afterReturn = next < 0;
    return afterReturn ? i + 1 : next;
  }

  private static boolean isField(byte[] text, int from, int end, byte[] name) {
    int colon = from + name.length;
    return colon < end && text[colon] == ':' && startsWith(text, from, end, name);
  }

  private static int afterColon(byte[] text, int colon, int end) {
    int start = colon + 1;
    return start < end && text[start] == ' ' ? start + 1 : start;
  }

  private static boolean startsWith(byte[] text, int from, int to, byte[] start) {
    int end = from + start.length;
    return end <= to && Arrays.equals(text, from, end, start, 0, start.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
