package dev.tailtap.http1;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;

/**
 * Looks once at each byte of a request head and says whether it may be parsed at all (RFC 9112
 * sections 2 to 5). It exists because decoders forgive: they join folded lines and split at tabs.
 * It keeps no bytes, and goes on in the next read where it stopped in this one.
 *
 * <pre>
 * START ─token byte─► METHOD ─SP─► TARGET ─SP─► VERSION ─CR─► LINE_LF ─LF─► FIELDS ─► complete
 * </pre>
 */
final class RequestHeadScan implements ByteProcessor {
  private static final String VERSION = "HTTP/1.1";
  private static final int MAJOR = 5; // its place in the version
  private static final int MINOR = 7;

  private enum State {
    START,
    EMPTY_LF,
    METHOD,
    TARGET,
    VERSION,
    LINE_LF,
    FIELDS
  }

  private final int maxLine;
  private final FieldLines fields;
  private State state;
  private int scanned; // bytes of this head, empty line in front included
  private int emptyBytes; // of the empty line in front
  private int line; // bytes of the request line
  private int part; // bytes of this part of it
  private boolean otherMajor;
  private RequestFault fault;

  /** Takes the limits of each head: bytes of its line and of its fields, and number of fields. */
  RequestHeadScan(int maxBytes, int maxFields) {
    maxLine = maxBytes;
    fields = new FieldLines(maxBytes, maxFields, false);
    begin();
  }

  /** Expects another head. */
  void begin() {
    state = State.START;
    scanned = 0;
    emptyBytes = 0;
    line = 0;
    part = 0;
    otherMajor = false;
    fault = null;
    fields.begin();
  }

  /**
   * Reads on in a buffer that begins with the head's first byte, of which a part may have been read
   * before. Its indexes stay.
   */
  void scan(ByteBuf buf) {
    int from = buf.readerIndex() + scanned;
    int stop = buf.forEachByte(from, buf.writerIndex() - from, this);
    scanned = (stop < 0 ? buf.writerIndex() : stop + 1) - buf.readerIndex();
  }

  boolean complete() {
    return fields.complete();
  }

  /** What is wrong; null as long as nothing is. */
  RequestFault fault() {
    return fault;
  }

  /** Length of a complete head, what stood in front of it included. */
  int length() {
    return scanned;
  }

  /** Bytes of the one empty line that may stand in front of a head. */
  int emptyBytes() {
    return emptyBytes;
  }

  @Override
  public boolean process(byte b) {
    fault = state == State.FIELDS ? fields.take(b) : line(b);
    return fault == null && !fields.complete();
  }

  private RequestFault line(byte b) {
    part++;
    if (++line > maxLine) {
      return RequestFault.LINE_TOO_LONG;
    }
    return switch (state) {
      case START -> start(b);
      case EMPTY_LF -> lineFeed(b, State.START);
      case METHOD -> b == ' ' ? partEnds(State.TARGET) : when(FieldLines.isToken(b));
      case TARGET -> target(b);
      case VERSION -> version(b);
      case LINE_LF -> lineFeed(b, State.FIELDS);
      case FIELDS -> fields.take(b);
    };
  }

  /** An empty line in front is forgiven once, as after a body of a careless client. */
  private RequestFault start(byte b) {
    if (b != '\r') {
      state = State.METHOD;
      return when(FieldLines.isToken(b));
    }
    if (emptyBytes > 0) {
      return RequestFault.EMPTY_LINES;
    }
    emptyBytes = 2;
    state = State.EMPTY_LF;
    return null;
  }

  private RequestFault target(byte b) {
    if (b == ' ') {
      return part > 1 ? partEnds(State.VERSION) : RequestFault.REQUEST_LINE;
    }
    if (b == '\r' || b == '\n' || b == '\t') {
      return RequestFault.REQUEST_LINE;
    }
    return b > ' ' && b < 127 && b != '#' ? null : RequestFault.TARGET_BYTE;
  }

  private RequestFault version(byte b) {
    int place = part - 1;
    if (place == VERSION.length() && b == '\r') {
      state = State.LINE_LF;
      return otherMajor ? RequestFault.UNKNOWN_VERSION : null;
    }
    if (place >= VERSION.length()) {
      return RequestFault.VERSION;
    }
    if (place == MAJOR || place == MINOR) {
      otherMajor |= place == MAJOR && b != VERSION.charAt(MAJOR);
      return b >= '0' && b <= '9' ? null : RequestFault.VERSION;
    }
    return b == VERSION.charAt(place) ? null : RequestFault.VERSION;
  }

  private RequestFault partEnds(State next) {
    state = next;
    part = 0;
    return null;
  }

  private RequestFault lineFeed(byte b, State next) {
    state = next;
    return b == '\n' ? null : RequestFault.LINE_END;
  }

  private static RequestFault when(boolean ok) {
    return ok ? null : RequestFault.REQUEST_LINE;
  }
}
