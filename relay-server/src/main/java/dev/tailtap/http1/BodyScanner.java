package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;

/**
 * Follows the framing of one body beside its bytes: it says which of them are payload, which may go
 * on as they are, and where the body ends. It copies nothing and makes no object. Of responses it
 * forgives what nginx and HAProxy both forgive and nobody can read in two ways; of requests
 * nothing. One per connection, on its event loop, begun anew for each body.
 *
 * <pre>
 * SIZE ─digits─► SIZE ─CR─► SIZE_LF ─LF, size > 0─► DATA ─► DATA_CR ─► DATA_LF ─► SIZE
 *   ├─blank─► BLANKS ─CR─┤      └─LF, size = 0─► TRAILERS ─empty line─► COMPLETE
 *   └────;─► EXTENSION ─CR─┘
 * </pre>
 */
public final class BodyScanner {
  /** Digits that have a value; one more, and it would be no length of a long. */
  private static final int MAX_SIZE_DIGITS = 15;

  /** Zeros in front that may go on: there are clients that take no more than 16 digits. */
  private static final int MAX_PLAIN_ZEROS = 8;

  private static final int MAX_ZEROS = 256;
  private static final int MAX_EXTENSION = 4096;

  /** What HAProxy takes, in its buffer of 16 KiB. */
  private static final int MAX_EXTENSION_OF_RESPONSES = 15 * 1024;

  private static final int MAX_TRAILER_BYTES = 8192;
  private static final int MAX_TRAILERS = 100;

  /** Told what the bytes of a buffer are, in order, while it is scanned. */
  public interface Spans {
    /** Bytes of the body itself, without framing. The buffer is only borrowed. */
    void payload(ByteBuf buf, int index, int length);

    /** Framing that must not go on: a chunk extension, blanks or zeros too many at a size. */
    void hole(ByteBuf buf, int index, int length);
  }

  private enum State {
    LENGTH,
    UNTIL_CLOSE,
    SIZE,
    BLANKS,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILERS,
    COMPLETE,
    MALFORMED
  }

  private final boolean forgiving;
  private final int maxExtension;
  private State state = State.COMPLETE;
  private FieldLines trailers; // null unless they are being read
  private long remaining; // payload bytes to come: of the chunk, or of a body with a length
  private int digits; // of the chunk size read so far, but for zeros in front
  private int zeros; // in front of them
  private int lineStart; // of the size line in this buffer; -1: its digits have gone on already
  private int extensionBytes; // of this chunk, and blanks before it
  private int forwardable;
  private int consumed;
  private boolean bareTerminator;
  private ResponseFault fault; // null: none

  private BodyScanner(boolean forgiving) {
    this.forgiving = forgiving;
    maxExtension = forgiving ? MAX_EXTENSION_OF_RESPONSES : MAX_EXTENSION;
  }

  public static BodyScanner ofRequests() {
    return new BodyScanner(false);
  }

  public static BodyScanner ofResponses() {
    return new BodyScanner(true);
  }

  /** Starts a body. */
  public void begin(BodyFraming framing) {
    remaining = framing.length();
    digits = 0;
    zeros = 0;
    bareTerminator = false;
    fault = null;
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
        lineStart = state == State.SIZE && digits + zeros == 0 ? index : -1;
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

  /** Which rule a malformed body breaks; else null. */
  public ResponseFault fault() {
    return fault;
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
      } else if (state == State.BLANKS) {
        index = blanks(buf, index, end, spans);
      } else if (state == State.SIZE) {
        index = size(buf, index, end, spans);
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
      case SIZE_LF -> b == '\n' ? afterSize(index) : broken(ResponseFault.CHUNK_SIZE);
      case DATA_CR -> b == '\r' ? State.DATA_LF : broken(ResponseFault.CHUNK_END);
      case DATA_LF -> b == '\n' ? nextChunk(index) : broken(ResponseFault.CHUNK_END);
      case TRAILERS -> trailer(b);
      case LENGTH, UNTIL_CLOSE, SIZE, BLANKS, DATA, EXTENSION, COMPLETE, MALFORMED ->
          broken(ResponseFault.CHUNK_SIZE);
    };
  }

  private State broken(ResponseFault rule) {
    fault = rule;
    return State.MALFORMED;
  }

  private int size(ByteBuf buf, int index, int end, Spans spans) {
    byte b = buf.getByte(index);
    int digit = Character.digit(b, 16);
    if (digit == 0 && digits == 0 && forgiving && zeros >= MAX_PLAIN_ZEROS) {
      return surplusZeros(buf, index, end, spans);
    }
    if (digit >= 0) {
      state = digit(digit);
    } else if (digits + zeros == 0) {
      state = broken(ResponseFault.CHUNK_SIZE);
    } else if (b == '\r') {
      state = State.SIZE_LF;
    } else if (b == ';' || (forgiving && isBlank(b))) {
      extensionBytes = 0;
      state = b == ';' ? State.EXTENSION : State.BLANKS;
      return index;
    } else {
      state = broken(ResponseFault.CHUNK_SIZE);
    }
    return index + 1;
  }

  private State digit(int digit) {
    if (digit == 0 && digits == 0) {
      zeros++;
    } else {
      digits++;
    }
    // What is strict counts zeros as well.
    int counted = forgiving ? digits : digits + zeros;
    remaining = (remaining << 4) | digit;
    return counted > MAX_SIZE_DIGITS ? broken(ResponseFault.CHUNK_SIZE) : State.SIZE;
  }

  private int surplusZeros(ByteBuf buf, int from, int end, Spans spans) {
    int stop = from;
    while (stop < end && buf.getByte(stop) == '0') {
      stop++;
    }
    zeros += stop - from;
    if (zeros > MAX_ZEROS) {
      state = broken(ResponseFault.CHUNK_SIZE);
      return from;
    }
    skip(buf, from, stop, spans);
    return stop;
  }

  /** White space behind a size, which RFC 9112 has only before an extension (section 7.1.1). */
  private int blanks(ByteBuf buf, int from, int end, Spans spans) {
    int stop = from;
    while (stop < end && isBlank(buf.getByte(stop))) {
      stop++;
    }
    extensionBytes += stop - from;
    if (extensionBytes > maxExtension) {
      state = broken(ResponseFault.EXTENSION_TOO_LARGE);
      return from;
    }
    skip(buf, from, stop, spans);
    if (stop == end) {
      return end;
    }
    byte b = buf.getByte(stop);
    if (b == ';') {
      state = State.EXTENSION;
      return stop;
    }
    state = b == '\r' ? State.SIZE_LF : broken(ResponseFault.CHUNK_SIZE);
    return stop + 1;
  }

  private int extension(ByteBuf buf, int from, int end, Spans spans) {
    int cr = buf.indexOf(from, end, (byte) '\r');
    int stop = cr < 0 ? end : cr;
    extensionBytes += stop - from;
    if (extensionBytes > maxExtension) {
      state = broken(ResponseFault.EXTENSION_TOO_LARGE);
      return from;
    }
    ByteProcessor allowed = forgiving ? ByteProcessor.FIND_LF : BodyScanner::isText;
    if (buf.forEachByte(from, stop - from, allowed) >= 0) {
      state = broken(ResponseFault.CHUNK_EXTENSION);
      return from;
    }
    skip(buf, from, stop, spans);
    if (cr < 0) {
      return end;
    }
    state = State.SIZE_LF;
    return cr + 1;
  }

  /** What stood before it goes on in any case. */
  private void skip(ByteBuf buf, int from, int stop, Spans spans) {
    if (stop > from) {
      spans.hole(buf, from, stop - from);
      lineStart = -1;
    }
  }

  private State afterSize(int index) {
    if (remaining > 0) {
      return State.DATA;
    }
    trailers = new FieldLines(MAX_TRAILER_BYTES, MAX_TRAILERS, forgiving);
    bareTerminator = lineStart < 0;
    forwardable = lineStart < 0 ? index + 1 : lineStart;
    return State.TRAILERS;
  }

  private State nextChunk(int index) {
    remaining = 0;
    digits = 0;
    zeros = 0;
    lineStart = index + 1;
    return State.SIZE;
  }

  private State trailer(byte b) {
    RequestFault wrong = trailers.take(b);
    if (wrong != null) {
      boolean large =
          wrong == RequestFault.FIELDS_TOO_LARGE || wrong == RequestFault.TOO_MANY_FIELDS;
      return broken(large ? ResponseFault.TRAILER_TOO_LARGE : ResponseFault.TRAILER);
    }
    if (!trailers.complete()) {
      return State.TRAILERS;
    }
    trailers = null;
    return State.COMPLETE;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  /** No control byte but a tab: not even a quoted string of an extension has one. */
  private static boolean isText(byte b) {
    return b < 0 || (b >= ' ' && b != 127) || b == '\t';
  }
}
