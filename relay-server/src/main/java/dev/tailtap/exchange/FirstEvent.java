package dev.tailtap.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;

/**
 * Looks for the first event with data in the beginning of an event stream (WHATWG HTML, section
 * "Parsing an event stream"). Comments are none, nor are Anthropic's events of the type {@code
 * ping}: they come while nothing does. Event loop only.
 */
final class FirstEvent {
  private int line; // where the line begins that has not come whole yet
  private int looked; // so far, in that line
  private boolean data;
  private boolean ping;
  private boolean done;
  private int events;

  /** Whether one has come; what it is given is always the same stream from its beginning. */
  boolean firstCame(ByteBuf stream) {
    int end = end(stream);
    while (end >= 0) {
      line(stream.toString(stream.readerIndex() + line, end - line, UTF_8));
      boolean pair =
          stream.getByte(stream.readerIndex() + end) == '\r' && next(stream, end) == '\n';
      line = end + (pair ? 2 : 1);
      looked = line;
      end = end(stream);
    }
    return events > 0;
  }

  /** Whether nothing has come behind the first one, but for what marks the end. */
  boolean firstAlone() {
    return events == 1;
  }

  private static byte next(ByteBuf stream, int end) {
    return end + 1 < stream.readableBytes() ? stream.getByte(stream.readerIndex() + end + 1) : 0;
  }

  /** Where the present line ends; -1: it has not come whole. */
  private int end(ByteBuf stream) {
    for (; looked < stream.readableBytes(); looked++) {
      byte b = stream.getByte(stream.readerIndex() + looked);
      boolean last = looked + 1 == stream.readableBytes();
      if (b == '\n' || (b == '\r' && !last)) {
        return looked;
      }
      if (b == '\r') {
        return -1; // its line feed may follow
      }
    }
    return -1;
  }

  private void line(String text) {
    if (text.isEmpty()) {
      events += data && !ping && !done ? 1 : 0;
      data = false;
      ping = false;
      done = false;
    } else if (text.equals("data") || text.startsWith("data:")) {
      data = true;
      done = text.endsWith("[DONE]");
    } else if (text.startsWith("event:")) {
      ping = text.substring("event:".length()).strip().equals("ping");
    }
  }
}
