package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Hides the one event that our own asking for usage added to an event stream. An event of usage
 * alone is hidden if it comes after a finish reason, or if nothing but {@code [DONE]} or the end
 * follows; else it is the provider's own and passes, before the next event with data. Nothing else
 * waits for it: an event without data may overtake it. Everything passes byte for byte and at once;
 * held back is at most one window. Confined to one event loop; TapBenchmark has its cost.
 */
public final class UsageEventFilter implements AutoCloseable {
  private static final Needles NEEDLES =
      new Needles(Map.of("usage", Needles.USAGE, "finish_reason", Needles.MORE));
  private static final byte[] CHOICES = "\"choices\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final int NONE = -1;

  /** Room that stays for the next event; what a rare, large one took is given back. */
  private static final int KEPT_ROOM = 1024;

  private final Scratch scratch = Scratch.ofThread();
  private final EventBoundaries blocks = new EventBoundaries();
  private final FinishReasonScanner finish = new FinishReasonScanner();
  private final ByteBufAllocator alloc;
  private final Out out;
  private final int window;
  private final Bytes held; // of an event that is incomplete
  private final Bytes waiting; // an event of usage alone, of which it is open whose it is
  private int waitingFrom = NONE; // the same, while it lies in the buffer of the present call
  private int waitingTo;
  private int suspect;
  private boolean passing;
  private boolean over; // the event was hidden: all that follows passes
  private boolean exceeded;

  /** Takes what passes. */
  public interface Out {
    /** A part of the stream, in order; the receiver's to release. */
    void pass(ByteBuf retainedSlice);
  }

  /**
   * @param window bytes that are held back at most
   */
  public UsageEventFilter(ByteBufAllocator alloc, int window, Out out) {
    this.alloc = alloc;
    this.out = out;
    this.window = window;
    this.held = new Bytes(window);
    this.waiting = new Bytes(window);
  }

  /** The next bytes of the body, without chunk framing, in order, cut anywhere; only borrowed. */
  public void payload(ByteBuf buf, int index, int length) {
    byte[] room = scratch.room();
    int end = index + length;
    int passFrom = index;
    for (int piece = index; piece < end && !over; piece += room.length) {
      int n = Math.min(room.length, end - piece);
      buf.getBytes(piece, room, 0, n);
      passFrom = piece(buf, piece, room, n, passFrom);
    }
    if (waitingFrom != NONE) {
      passFrom = setAside(buf, passFrom);
    }
    pass(buf, passFrom, end);
  }

  /** The stream is over: passes what is still held, but for the event. */
  public void end() {
    if (!waiting.isEmpty()) {
      decide(EventKind.of(held.array(), 0, held.length()), true);
    }
    if (!over && isUsageAlone(held.array(), 0, held.length())) {
      over = true;
      held.shrink(0);
    }
    release(held);
  }

  /** Whether the event was hidden. */
  public boolean hidden() {
    return over;
  }

  /** Whether an event was too large to hold, and passed without a look at all of it. */
  public boolean exceededWindow() {
    return exceeded;
  }

  /** Bytes of memory that it holds for its stream: never more than two windows, mostly none. */
  public long heldBytes() {
    return held.capacity() + waiting.capacity();
  }

  /** Lets go of what is held. */
  @Override
  public void close() {
    held.shrink(0);
    waiting.shrink(0);
  }

  /** Sorts a piece that begins at {@code base}; the index from which on bytes are still to pass. */
  private int piece(ByteBuf buf, int base, byte[] text, int length, int passFrom) {
    int from = passFrom;
    int i = 0;
    while (i < length && !over) {
      int end = blocks.end(text, i, length);
      int stop = end < 0 ? length : end;
      if (passing) {
        passRest(text, i, stop, end >= 0);
      } else if (end >= 0 && held.isEmpty()) {
        from = whole(buf, base, text, i, end, from);
      } else {
        from = part(buf, base, text, i, stop, from);
        if (end >= 0) {
          partIsWhole();
        }
      }
      i = stop;
    }
    return from;
  }

  /** An event that lies here in full. */
  private int whole(ByteBuf buf, int base, byte[] text, int start, int end, int passFrom) {
    int from = passFrom;
    if (isWaiting()) {
      EventKind kind = EventKind.of(text, start, end);
      if (kind == EventKind.DONE && waitingFrom != NONE) {
        pass(buf, from, waitingFrom);
        from = waitingTo;
      } else if (kind == EventKind.DATA && !waiting.isEmpty()) {
        pass(buf, from, base + start);
        from = base + start;
      }
      decide(kind, false);
    }
    if (!over && isUsageAlone(text, start, end)) {
      if (finish.found()) {
        over = true;
        pass(buf, from, base + start);
        from = base + end;
      } else {
        waitingFrom = base + start;
        waitingTo = base + end;
      }
    }
    return from;
  }

  /** A part of an event that is not here in full. */
  private int part(ByteBuf buf, int base, byte[] text, int start, int stop, int passFrom) {
    int from = waitingFrom == NONE ? passFrom : setAside(buf, passFrom);
    pass(buf, from, base + start);
    return base + (hold(text, start, stop) ? stop : start);
  }

  private void passRest(byte[] text, int from, int to, boolean last) {
    finish.feed(text, from, to);
    if (last) {
      finish.end();
      passing = false;
    }
  }

  private void partIsWhole() {
    if (passing) {
      finish.end();
      passing = false;
    } else {
      heldIsWhole();
    }
  }

  private boolean isWaiting() {
    return waitingFrom != NONE || !waiting.isEmpty();
  }

  /** What follows says whose event it is that waits. */
  private void decide(EventKind next, boolean last) {
    if (next == EventKind.DONE || (last && next != EventKind.DATA)) {
      over = true;
      waiting.shrink(KEPT_ROOM);
      waitingFrom = NONE;
    } else if (next == EventKind.DATA) {
      release(waiting);
      waitingFrom = NONE;
    }
  }

  /**
   * The buffer goes: copies the event that waits, and passes what came before and is not passed.
   */
  private int setAside(ByteBuf buf, int passFrom) {
    int length = waitingTo - waitingFrom;
    int from = passFrom;
    if (waiting.fits(length)) {
      pass(buf, from, waitingFrom);
      from = waitingTo;
      waiting.append(buf, waitingFrom, length);
    } else {
      exceeded = true;
    }
    waitingFrom = NONE;
    return from;
  }

  /** Holds back a part of an event; false: the event need not or cannot be held any longer. */
  private boolean hold(byte[] text, int from, int to) {
    boolean fits = to - from <= window - held.length() - waiting.length();
    exceeded |= !fits;
    if (fits) {
      held.append(text, from, to);
      if (!waiting.isEmpty()) {
        decide(EventKind.of(held.array(), 0, held.length()), false);
      }
      if (waiting.isEmpty()) {
        suspect = over ? NONE : stillSuspect(held.array(), suspect, held.length());
      }
    } else {
      decide(EventKind.DATA, false);
    }
    if (!fits || suspect < 0) {
      passing = true;
      finish.feed(held.array(), 0, held.length());
      suspect = 0;
      release(held);
    }
    if (!fits) {
      finish.feed(text, from, to);
    }
    return fits;
  }

  /** The held event is complete. */
  private void heldIsWhole() {
    suspect = 0;
    if (!waiting.isEmpty()) {
      decide(EventKind.of(held.array(), 0, held.length()), false);
    }
    if (over || !isUsageAlone(held.array(), 0, held.length())) {
      release(held);
    } else {
      over = finish.found();
      if (!over) {
        waiting.set(held);
      }
      held.shrink(KEPT_ROOM);
    }
  }

  private void release(Bytes kept) {
    if (!kept.isEmpty()) {
      ByteBuf freed = alloc.buffer(kept.length()).writeBytes(kept.array(), 0, kept.length());
      kept.shrink(KEPT_ROOM);
      out.pass(freed);
    }
  }

  private void pass(ByteBuf buf, int from, int to) {
    if (from < to) {
      out.pass(buf.retainedSlice(from, to - from));
    }
  }

  /**
   * Where to go on looking at an incomplete event; -1 if it cannot become the event any more: its
   * data is no object, or its choices are not empty.
   */
  private static int stillSuspect(byte[] text, int from, int to) {
    if (from == 0 && isOtherData(text, to)) {
      return -1;
    }
    for (int i = from; i <= to - CHOICES.length; i++) {
      if (text[i] == '"'
          && Arrays.equals(text, i, i + CHOICES.length, CHOICES, 0, CHOICES.length)) {
        return firstChoice(text, i + CHOICES.length, to) ? -1 : i;
      }
    }
    return Math.max(from, to - CHOICES.length);
  }

  private static boolean isOtherData(byte[] text, int to) {
    int i = DATA.length;
    if (to <= i || !Arrays.equals(text, 0, i, DATA, 0, i)) {
      return false;
    }
    while (i < to && text[i] <= ' ' && text[i] >= 0) {
      i++;
    }
    return i < to && text[i] != '{';
  }

  private static boolean firstChoice(byte[] text, int from, int to) {
    boolean list = false;
    for (int i = from; i < to; i++) {
      byte b = text[i];
      if (b == '[' && !list) {
        list = true;
      } else if (list && b == ']') {
        return false;
      } else if (b != ':' && (b > ' ' || b < 0)) {
        return true;
      }
    }
    return false;
  }

  /** Whether this event's data is of usage alone; looked at closely only if it shows the key. */
  private boolean isUsageAlone(byte[] text, int from, int to) {
    int mentioned = NEEDLES.mentioned(text, from, to);
    if (mentioned == 0) {
      return false;
    }
    if ((mentioned & Needles.MORE) != 0) {
      finish.feed(text, from, to);
      finish.end();
    }
    if ((mentioned & Needles.USAGE) == 0) {
      return false;
    }
    return EventData.isUsageAlone(text, from, to);
  }
}
