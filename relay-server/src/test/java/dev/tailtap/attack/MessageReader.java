package dev.tailtap.attack;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads HTTP/1.1 messages one after another as their bytes come, strictly, and keeps nothing of a
 * body. An interim response is a message without a body. After the first fault it reads no more.
 */
final class MessageReader {
  private static final int LONGEST_LINE = 256 * 1024;

  /** Who is told what was read. */
  interface Sink {
    /** Whether this message has no body, whatever its fields say. */
    default boolean bodyless(Head head) {
      return false;
    }

    void head(Head head);

    /** Bytes of the body without its framing; gone when this returns. */
    void body(ByteBuffer payload);

    /** The message came to its proper end. */
    void whole(Head head);
  }

  /** A start line and fields; names are in lower case, and of several the last one is kept. */
  record Head(String line, Map<String, String> fields) {
    int status() {
      return Integer.parseInt(line.split(" ", 3)[1]);
    }

    String target() {
      return line.split(" ", 3)[1];
    }

    String field(String name) {
      return fields.get(name);
    }
  }

  private enum At {
    START_LINE,
    FIELDS,
    LENGTH,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILERS,
    UNTIL_CLOSE,
    BROKEN
  }

  private final boolean requests;
  private final Sink sink;
  private At at = At.START_LINE;
  private byte[] line = new byte[256];
  private int lineLength;
  private String startLine;
  private Map<String, String> fields = Map.of();
  private Head head;
  private long left;

  private MessageReader(boolean requests, Sink sink) {
    this.requests = requests;
    this.sink = sink;
  }

  static MessageReader requests(Sink sink) {
    return new MessageReader(true, sink);
  }

  static MessageReader responses(Sink sink) {
    return new MessageReader(false, sink);
  }

  boolean broken() {
    return at == At.BROKEN;
  }

  /** Whether no byte of a further message has come. */
  boolean between() {
    return at == At.START_LINE && lineLength == 0;
  }

  void read(ByteBuffer bytes) {
    while (bytes.hasRemaining() && at != At.BROKEN) {
      switch (at) {
        case LENGTH, CHUNK_DATA -> counted(bytes);
        case UNTIL_CLOSE -> {
          sink.body(bytes.slice());
          bytes.position(bytes.limit());
        }
        case START_LINE, FIELDS, CHUNK_SIZE, CHUNK_END, TRAILERS -> {
          if (lineEnds(bytes)) {
            String text = new String(line, 0, lineLength, StandardCharsets.ISO_8859_1);
            lineLength = 0;
            line(text);
          }
        }
        case BROKEN -> throw new AssertionError();
      }
    }
  }

  /** The connection ended in order: the end of a body that has no other. */
  void close() {
    if (at == At.UNTIL_CLOSE) {
      over();
    }
  }

  private void counted(ByteBuffer bytes) {
    int count = (int) Math.min(left, bytes.remaining());
    sink.body(bytes.slice().limit(count));
    bytes.position(bytes.position() + count);
    left -= count;
    if (left == 0 && at == At.LENGTH) {
      over();
    } else if (left == 0) {
      at = At.CHUNK_END;
    }
  }

  private boolean lineEnds(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      byte b = bytes.get();
      if (b == '\n') {
        if (lineLength > 0 && line[lineLength - 1] == '\r') {
          lineLength--;
        }
        return true;
      }
      if (lineLength == LONGEST_LINE) {
        at = At.BROKEN;
        return false;
      }
      if (lineLength == line.length) {
        line = Arrays.copyOf(line, 2 * lineLength);
      }
      line[lineLength++] = b;
    }
    return false;
  }

  private void line(String text) {
    switch (at) {
      case START_LINE -> {
        startLine = text;
        fields = new LinkedHashMap<>();
        boolean right =
            requests ? text.endsWith(" HTTP/1.1") : text.matches("HTTP/1\\.1 \\d{3} .*");
        at = right ? At.FIELDS : At.BROKEN;
      }
      case FIELDS -> field(text);
      case CHUNK_SIZE -> size(text);
      case CHUNK_END -> at = text.isEmpty() ? At.CHUNK_SIZE : At.BROKEN;
      case TRAILERS -> {
        if (text.isEmpty()) {
          over();
        }
      }
      case LENGTH, CHUNK_DATA, UNTIL_CLOSE, BROKEN -> throw new AssertionError();
    }
  }

  private void field(String text) {
    if (text.isEmpty()) {
      head = new Head(startLine, fields);
      body();
      return;
    }
    int colon = text.indexOf(':');
    if (colon < 1) {
      at = At.BROKEN;
    } else {
      fields.put(
          text.substring(0, colon).toLowerCase(Locale.ROOT), text.substring(colon + 1).strip());
    }
  }

  private void body() {
    String length = head.field("content-length");
    boolean interim = !requests && head.status() < 200;
    boolean none = interim || sink.bodyless(head);
    if (!none && head.field("transfer-encoding") != null) {
      at = At.CHUNK_SIZE;
    } else if (!none && length != null && !length.equals("0")) {
      left = Long.parseLong(length);
      at = At.LENGTH;
    } else if (!none && length == null && !requests) {
      at = At.UNTIL_CLOSE;
    } else {
      sink.head(head);
      over();
      return;
    }
    sink.head(head);
  }

  private void size(String text) {
    int extension = text.indexOf(';');
    try {
      left = Long.parseLong(extension < 0 ? text : text.substring(0, extension), 16);
      at = left == 0 ? At.TRAILERS : At.CHUNK_DATA;
    } catch (NumberFormatException malformed) {
      at = At.BROKEN;
    }
  }

  private void over() {
    Head whole = head;
    at = At.START_LINE;
    sink.whole(whole);
  }
}
