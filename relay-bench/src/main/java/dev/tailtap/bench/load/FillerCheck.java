package dev.tailtap.bench.load;

/** Compares one download after the other with the filler, as it comes. One per client. */
final class FillerCheck implements EventSink {
  private final Filler filler;
  private final long length;
  private long at;
  private boolean wrong;

  FillerCheck(Filler filler, long length) {
    this.filler = filler;
    this.length = length;
  }

  @Override
  public void begin(int stream) {
    at = 0;
    wrong = false;
  }

  @Override
  public void payload(byte[] bytes, int from, int to) {
    wrong |= !filler.matches(at, bytes, from, to);
    at += to - from;
    wrong |= at > length;
  }

  @Override
  public int events() {
    return 0;
  }

  @Override
  public boolean complete() {
    return at == length && !wrong;
  }

  @Override
  public boolean wrong() {
    return wrong;
  }
}
