package dev.tailtap.bench.load;

import java.util.Arrays;

/** Compares one answer after the other with what was to come, byte by byte. One per client. */
final class AnswerCheck implements EventSink {
  private final Answer answer;
  private final byte[] expected;
  private int at;
  private boolean wrong;

  AnswerCheck(Answer answer) {
    this.answer = answer;
    this.expected = answer.body();
  }

  @Override
  public void begin(int call) {
    answer.mark(expected, call);
    at = 0;
    wrong = false;
  }

  @Override
  public void payload(byte[] bytes, int from, int to) {
    int end = at + to - from;
    wrong |= end > expected.length || !Arrays.equals(expected, at, end, bytes, from, to);
    at = end;
  }

  /** The tokens that it said were used. */
  @Override
  public int events() {
    return complete() ? answer.tokens() : 0;
  }

  @Override
  public boolean complete() {
    return at == expected.length && !wrong;
  }

  @Override
  public boolean wrong() {
    return wrong;
  }
}
