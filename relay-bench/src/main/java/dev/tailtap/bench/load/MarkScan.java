package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.regex.Pattern;

/**
 * Looks for the marks of the events only, in their order, and for {@code [DONE]}: for gateways that
 * write frames of their own. One per client, on its loop.
 */
final class MarkScan implements EventSink {
  private static final int MARK_LENGTH = 1 + 8 + 8 + 16 + 16;

  /** What follows an {@code @} that is none of a gateway's own, as in a name of a model. */
  private static final Pattern MARK = Pattern.compile("[0-9a-f]{48}");

  private final Listener listener;
  private final StringBuilder text = new StringBuilder();
  private int stream;
  private int events;
  private boolean done;
  private boolean wrong;

  MarkScan(Listener listener) {
    this.listener = listener;
  }

  @Override
  public void begin(int newStream) {
    stream = newStream;
    events = 0;
    done = false;
    wrong = false;
    text.setLength(0);
  }

  @Override
  public int events() {
    return events;
  }

  @Override
  public boolean complete() {
    return done && !wrong;
  }

  @Override
  public boolean wrong() {
    return wrong;
  }

  @Override
  public void payload(byte[] bytes, int from, int to) {
    text.append(new String(bytes, from, to - from, ISO_8859_1));
    int at = text.indexOf("@");
    while (at >= 0 && text.length() - at >= MARK_LENGTH) {
      String mark = text.substring(at + 1, at + MARK_LENGTH);
      boolean real = MARK.matcher(mark).matches();
      if (real) {
        mark(mark);
      }
      text.delete(0, at + (real ? MARK_LENGTH : 1));
      at = text.indexOf("@");
    }
    if (text.indexOf("[DONE]") >= 0) {
      done = true;
    } else if (at < 0 && text.length() > 16) {
      text.delete(0, text.length() - 8);
    }
  }

  private void mark(String mark) {
    boolean expected =
        Integer.parseUnsignedInt(mark, 0, 8, 16) == stream
            && Integer.parseUnsignedInt(mark, 8, 16, 16) == events;
    if (expected) {
      events++;
      listener.event(
          Long.parseUnsignedLong(mark, 16, 32, 16), Long.parseUnsignedLong(mark, 32, 48, 16));
    }
    wrong |= !expected;
  }
}
