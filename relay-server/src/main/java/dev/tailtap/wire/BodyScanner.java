package dev.tailtap.wire;

import io.netty.buffer.ByteBuf;

/**
 * Follows the framing of one response body beside its bytes: it says which of them are payload,
 * which may go on as they are, and where the body ends. It copies nothing and makes no object. One
 * per upstream connection, on its event loop, begun anew for each response.
 *
 * <pre>
 * SIZE ─digits─► SIZE ─CR─► SIZE_LF ─LF, size > 0─► DATA ─► DATA_CR ─► DATA_LF ─► SIZE
 *   └─;─► EXTENSION ─CR─┘      └─LF, size = 0─► TRAILERS ─empty line─► COMPLETE
 * </pre>
 */
public final class BodyScanner {
  private static final int MAX_SIZE_DIGITS = 15;
  private static final int MAX_EXTENSION = 4096;
  private static final int MAX_TRAILER_BYTES = 8192;
  private static final int MAX_TRAILERS = 100;

  /** Told what the bytes of a buffer are, in order, while it is scanned. */
  public interface Spans {
    /** Bytes of the body itself, without framing. The buffer is only borrowed. */
    void payload(ByteBuf buf, int index, int length);

    /** Framing that must not reach the client: a chunk extension. */
    void hole(ByteBuf buf, int index, int length);
  }

  private enum State {
    LENGTH,
    UNTIL_CLOSE,
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILERS,
    COMPLETE,
    MALFORMED
  }

  private final FieldLines trailers = new FieldLines(MAX_TRAILER_BYTES, MAX_TRAILERS);
  private State state = State.COMPLETE;
  private long remaining; // payload bytes to come: of the chunk, or of a body with a length
  private int digits; // of the chunk size read so far
  private int lineStart; // of the size line in this buffer; -1: its digits have gone on already
  private int extensionBytes; // of this chunk
  private int forwardable;
  private int consumed;
  private boolean bareTerminator;

  /** Starts a body. */
  public void begin(BodyFraming framing) {
    remaining = framing.length();
    digits = 0;
    bareTerminator = false;
    state =
        switch (framing.kind()) {
          case NONE -> State.COMPLETE;
          case LENGTH -> State.LENGTH;
          case CHUNKED -> State.SIZE;
          case UNTIL_CLOSE -> State.UNTIL_CLOSE;
        };
  }

  /** Reads on in a buffer, without moving its indexes. Afterwards ask the accessors below. */
  public void scan(ByteBuf buf, Spans spans) {
    int index = buf.readerIndex();
    int end = buf.writerIndex();
    switch (state) {
      case LENGTH, UNTIL_CLOSE -> {
        consumed = plain(buf, index, end, spans);
        forwardable = consumed;
      }
      default -> {
        boolean ending = state.compareTo(State.TRAILERS) >= 0;
        forwardable = ending ? index : end;
        lineStart = state == State.SIZE && digits == 0 ? index : -1;
        consumed = chunks(buf, index, end, spans);
      }
    }
  }

  /** The index up to which the last scanned buffer may go on at once, but for its holes. */
  public int forwardable() {
    return forwardable;
  }

  /** The index behind the last byte of the body in the last scanned buffer. */
  public int consumed() {
    return consumed;
  }

  public boolean complete() {
    return state == State.COMPLETE;
  }

  /** Whether the next byte begins the size of a chunk. */
  public boolean betweenChunks() {
    return state == State.SIZE && digits == 0;
  }

  public boolean malformed() {
    return state == State.MALFORMED;
  }

  /**
   * Whether the client already has the {@code 0} line of the last chunk, so that only its empty
   * line remains to be sent; else the whole last chunk does.
   */
  public boolean bareTerminator() {
    return bareTerminator;
  }

  private int plain(ByteBuf buf, int index, int end, Spans spans) {
    int length = end - index;
    if (state == State.LENGTH) {
      length = (int) Math.min(length, remaining);
      remaining -= length;
      if (remaining == 0) {
        state = State.COMPLETE;
      }
    }
    if (length > 0) {
      spans.payload(buf, index, length);
    }
    return index + length;
  }

  private int chunks(ByteBuf buf, int from, int end, Spans spans) {
    int index = from;
    while (index < end && state != State.COMPLETE && state != State.MALFORMED) {
      if (state == State.DATA) {
        int length = (int) Math.min(end - index, remaining);
        spans.payload(buf, index, length);
        index += length;
        remaining -= length;
        if (remaining == 0) {
          state = State.DATA_CR;
        }
      } else if (state == State.EXTENSION) {
        index = extension(buf, index, end, spans);
      } else if (state == State.SIZE && digits > 0 && buf.getByte(index) == ';') {
        extensionBytes = 0;
        state = State.EXTENSION;
      } else {
        state = step(buf.getByte(index), index);
        index++;
      }
    }
    return index;
  }

  /** One byte of framing, RFC 9112 section 7.1; line ends are CRLF and nothing else. */
  private State step(byte b, int index) {
    return switch (state) {
      case SIZE -> size(b);
      case SIZE_LF -> b == '\n' ? afterSize(index) : State.MALFORMED;
      case DATA_CR -> b == '\r' ? State.DATA_LF : State.MALFORMED;
      case DATA_LF -> b == '\n' ? nextChunk(index) : State.MALFORMED;
      case TRAILERS -> trailer(b);
      case LENGTH, UNTIL_CLOSE, DATA, EXTENSION, COMPLETE, MALFORMED -> State.MALFORMED;
    };
  }

  private State size(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0 && digits < MAX_SIZE_DIGITS) {
      remaining = (remaining << 4) | digit;
      digits++;
      return State.SIZE;
    }
    if (digits == 0) {
      return State.MALFORMED;
    }
    return b == '\r' ? State.SIZE_LF : State.MALFORMED;
  }

  private int extension(ByteBuf buf, int from, int end, Spans spans) {
    int cr = buf.indexOf(from, end, (byte) '\r');
    int stop = cr < 0 ? end : cr;
    extensionBytes += stop - from;
    if (extensionBytes > MAX_EXTENSION
        || buf.forEachByte(from, stop - from, BodyScanner::isText) >= 0) {
      state = State.MALFORMED;
      return from;
    }
    if (stop > from) {
      spans.hole(buf, from, stop - from);
      lineStart = -1;
    }
    if (cr < 0) {
      return end;
    }
    state = State.SIZE_LF;
    return cr + 1;
  }

  private State afterSize(int index) {
    if (remaining > 0) {
      return State.DATA;
    }
    trailers.begin();
    bareTerminator = lineStart < 0;
    forwardable = lineStart < 0 ? index + 1 : lineStart;
    return State.TRAILERS;
  }

  private State nextChunk(int index) {
    remaining = 0;
    digits = 0;
    lineStart = index + 1;
    return State.SIZE;
  }

  private State trailer(byte b) {
    if (trailers.take(b) != null) {
      return State.MALFORMED;
    }
    return trailers.complete() ? State.COMPLETE : State.TRAILERS;
  }

  /** No control byte but a tab: not even a quoted string of an extension has one. */
  private static boolean isText(byte b) {
    return b < 0 || (b >= ' ' && b != 127) || b == '\t';
  }
}
