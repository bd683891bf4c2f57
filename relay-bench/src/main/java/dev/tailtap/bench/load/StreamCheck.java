package dev.tailtap.bench.load;

import java.util.Arrays;

/**
 * Compares one stream after the other with its script, byte by byte, as it comes, and tells of each
 * event. One per client, on its loop.
 */
final class StreamCheck implements EventSink {
  private final Script script;
  private final boolean usage; // the ending has it
  private final Listener listener;
  private final byte[] partial;
  private int held; // bytes of an event that is not whole yet
  private int stream;
  private int events;
  private byte[] ending; // null until the stream is seen to end
  private boolean complete;
  private boolean wrong;

  StreamCheck(Script script, boolean usage, Listener listener) {
    this.script = script;
    this.usage = usage;
    this.listener = listener;
    this.partial = new byte[Math.max(script.eventBytes(), Script.ending(999_999_999, true).length)];
  }

  @Override
  public void begin(int newStream) {
    stream = newStream;
    held = 0;
    events = 0;
    ending = null;
    complete = false;
    wrong = false;
  }

  @Override
  public int events() {
    return events;
  }

  /** All frames came, usage and {@code [DONE]} included, and each byte was right. */
  @Override
  public boolean complete() {
    return complete && !wrong;
  }

  @Override
  public boolean wrong() {
    return wrong;
  }

  @Override
  public void payload(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && !wrong) {
      at = complete ? beyond() : held == 0 ? whole(bytes, at, to) : part(bytes, at, to);
    }
  }

  /** Bytes behind the end of a stream. */
  private int beyond() {
    wrong = true;
    return Integer.MAX_VALUE;
  }

  /** The usual way: an event that came in one piece is compared where it lies. */
  private int whole(byte[] bytes, int at, int to) {
    if (to - at < script.eventBytes() || !Script.isEvent(bytes, at)) {
      return part(bytes, at, to);
    }
    event(bytes, at);
    return at + script.eventBytes();
  }

  private int part(byte[] bytes, int at, int to) {
    int n = Math.min(needed() - held, to - at);
    System.arraycopy(bytes, at, partial, held, n);
    held += n;
    if (held == Script.knownAfter() && ending == null && !Script.isEvent(partial, 0)) {
      ending = Script.ending(events, usage);
    }
    if (held == needed()) {
      settle();
    }
    return at + n;
  }

  private int needed() {
    if (held < Script.knownAfter()) {
      return Script.knownAfter();
    }
    return ending != null ? ending.length : script.eventBytes();
  }

  private void settle() {
    held = 0;
    if (ending == null) {
      event(partial, 0);
    } else {
      complete = true;
      wrong = !Arrays.equals(ending, 0, ending.length, partial, 0, ending.length);
    }
  }

  private void event(byte[] bytes, int at) {
    if (script.matches(bytes, at, stream, events)) {
      events++;
      listener.event(Script.due(bytes, at), Script.sent(bytes, at));
    } else {
      wrong = true;
    }
  }
}
