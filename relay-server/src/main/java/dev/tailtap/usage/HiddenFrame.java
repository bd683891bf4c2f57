package dev.tailtap.usage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Hides the frame that our own asking for usage added to an event stream: the one whose choices are
 * an empty list and whose usage is an object. Everything else passes byte for byte and at once;
 * held back is only an event that is still incomplete and may become that frame. Confined to one
 * event loop; TapBenchmark has its cost.
 */
public final class HiddenFrame implements AutoCloseable {
  private static final Needles USAGE = new Needles(Map.of("usage", Needles.USAGE));
  private static final byte[] CHOICES = "\"choices\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private final Scratch scratch = Scratch.ofThread();
  private final EventBlocks blocks = new EventBlocks();
  private final ByteBufAllocator alloc;
  private final Out out;
  private final Bytes held;
  private int suspect;
  private boolean passing;
  private boolean hidden;
  private boolean exceeded;

  /** Takes what passes. */
  public interface Out {
    /** A part of the stream, in order; the receiver's to release. */
    void pass(ByteBuf retainedSlice);
  }

  /**
   * @param window bytes of an incomplete event that are held back at most
   */
  public HiddenFrame(ByteBufAllocator alloc, int window, Out out) {
    this.alloc = alloc;
    this.out = out;
    this.held = new Bytes(window);
  }

  /** The next bytes of the body, without chunk framing, in order, cut anywhere; only borrowed. */
  public void payload(ByteBuf buf, int index, int length) {
    byte[] room = scratch.room();
    int end = index + length;
    int passFrom = index;
    for (int piece = index; piece < end; piece += room.length) {
      int n = Math.min(room.length, end - piece);
      buf.getBytes(piece, room, 0, n);
      passFrom = piece(buf, piece, room, n, passFrom);
    }
    pass(buf, passFrom, end);
  }

  /** The stream is over: passes what is still held. */
  public void end() {
    settle();
  }

  /** Whether a frame was hidden. */
  public boolean hidden() {
    return hidden;
  }

  /** Whether an event was too large to hold, and passed without a look at all of it. */
  public boolean exceededWindow() {
    return exceeded;
  }

  /** Bytes held back; provisional. */
  public long heldBytes() {
    return held.length();
  }

  /** Lets go of what is held. */
  @Override
  public void close() {
    held.shrink(0);
  }

  /** Sorts a piece that begins at {@code base}; the index from which on bytes are still to pass. */
  private int piece(ByteBuf buf, int base, byte[] text, int length, int passFrom) {
    int from = passFrom;
    int i = 0;
    while (i < length) {
      int end = blocks.end(text, i, length);
      int stop = end < 0 ? length : end;
      if (passing) {
        passing = end < 0;
      } else if (end >= 0 && held.isEmpty()) {
        if (isHidden(text, i, end)) {
          pass(buf, from, base + i);
          from = base + end;
        }
      } else {
        pass(buf, from, base + i);
        from = base + (hold(text, i, stop) ? stop : i);
        if (end >= 0) {
          settle();
          passing = false;
        }
      }
      i = stop;
    }
    return from;
  }

  /** Holds back a part of an event; false: the event need not or cannot be held any longer. */
  private boolean hold(byte[] text, int from, int to) {
    boolean fits = held.fits(to - from);
    exceeded |= !fits;
    if (fits) {
      held.append(text, from, to);
      suspect = stillSuspect(held.array(), suspect, held.length());
    }
    if (!fits || suspect < 0) {
      passing = true;
      release();
    }
    return fits;
  }

  /** The held event is complete, or the stream is over. */
  private void settle() {
    if (isHidden(held.array(), 0, held.length())) {
      held.shrink(1024);
    }
    release();
  }

  private void release() {
    suspect = 0;
    if (!held.isEmpty()) {
      ByteBuf freed = alloc.buffer(held.length()).writeBytes(held.array(), 0, held.length());
      held.shrink(1024);
      out.pass(freed);
    }
  }

  private void pass(ByteBuf buf, int from, int to) {
    if (from < to) {
      out.pass(buf.retainedSlice(from, to - from));
    }
  }

  /**
   * Where to go on looking at an incomplete event; -1 if it cannot become the frame any more: its
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

  /** Whether this event's data is the frame; looked at closely only if it bears usage. */
  private boolean isHidden(byte[] text, int from, int to) {
    if (USAGE.telling(text, from, to) == 0) {
      return false;
    }
    byte[] data = EventData.of(text, from, to);
    try (JsonParser parser = JsonText.parser(data, 0, data.length)) {
      boolean is = isUsageAlone(parser);
      hidden |= is;
      return is;
    } catch (JacksonException notJson) {
      return false;
    }
  }

  private static boolean isUsageAlone(JsonParser parser) {
    boolean usage = false;
    boolean noChoices = false;
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return false;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("choices")) {
        noChoices = value == JsonToken.START_ARRAY && parser.nextToken() == JsonToken.END_ARRAY;
        if (!noChoices) {
          return false;
        }
      } else {
        usage |= name.equals("usage") && value == JsonToken.START_OBJECT;
        parser.skipChildren();
      }
    }
    return usage && noChoices && parser.nextToken() == null;
  }
}
