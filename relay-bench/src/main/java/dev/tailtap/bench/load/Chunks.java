package dev.tailtap.bench.load;

/** Takes chunk framing off a body that comes cut anywhere. One per client, on its loop. */
final class Chunks {
  /** Takes what was in the chunks. */
  interface Sink {
    void payload(byte[] bytes, int from, int to);
  }

  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    TRAILER_LF,
    END
  }

  private State state = State.SIZE;
  private long left;
  private boolean lineBegun;

  void reset() {
    state = State.SIZE;
    left = 0;
    lineBegun = false;
  }

  boolean ended() {
    return state == State.END;
  }

  /**
   * Reads on.
   *
   * @return where it stopped: behind the body, or at the end
   * @throws IllegalStateException if this is no chunk framing
   */
  int feed(byte[] bytes, int from, int to, Sink sink) {
    int at = from;
    while (at < to && state != State.END) {
      if (state == State.DATA) {
        int n = (int) Math.min(left, to - at);
        sink.payload(bytes, at, at + n);
        at += n;
        left -= n;
        state = left == 0 ? State.DATA_CR : State.DATA;
      } else {
        state = next(bytes[at++]);
      }
    }
    return at;
  }

  private State next(byte b) {
    return switch (state) {
      case SIZE -> size(b);
      case EXTENSION -> b == '\r' ? State.SIZE_LF : State.EXTENSION;
      case SIZE_LF -> begun(expect(b, '\n', left == 0 ? State.TRAILER : State.DATA));
      case DATA_CR -> expect(b, '\r', State.DATA_LF);
      case DATA_LF -> expect(b, '\n', State.SIZE);
      case TRAILER -> trailer(b);
      case TRAILER_LF -> trailerLine(b);
      case DATA, END -> throw new IllegalStateException("not a place for framing");
    };
  }

  private State size(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      left = left << 4 | digit;
      return State.SIZE;
    }
    return b == ';' || b == ' ' ? State.EXTENSION : expect(b, '\r', State.SIZE_LF);
  }

  private State begun(State then) {
    lineBegun = false;
    return then;
  }

  private State trailer(byte b) {
    if (b == '\r') {
      return State.TRAILER_LF;
    }
    lineBegun = true;
    return State.TRAILER;
  }

  private State trailerLine(byte b) {
    State then = expect(b, '\n', lineBegun ? State.TRAILER : State.END);
    return begun(then);
  }

  private static State expect(byte b, char expected, State then) {
    if (b != expected) {
      throw new IllegalStateException("broken chunk framing");
    }
    return then;
  }
}
