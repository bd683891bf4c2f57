package dev.tailtap.bench.load;

/** The body behind a {@link Head}, of a length or in chunks. One per connection, on its loop. */
final class Body {
  private final Chunks chunks = new Chunks();
  private boolean chunked;
  private long left;

  /** Of a request; one that says nothing has none. */
  void beginRequest(Head head) {
    begin(head.chunked(), Math.max(0, head.contentLength()));
  }

  /**
   * Of an answer.
   *
   * @throws IllegalStateException if only the end of the connection would end it
   */
  void beginAnswer(Head head) {
    if (!head.chunked() && head.contentLength() < 0) {
      throw new IllegalStateException("answered without a length and without chunks");
    }
    begin(head.chunked(), head.contentLength());
  }

  private void begin(boolean inChunks, long length) {
    chunked = inChunks;
    left = inChunks ? 0 : length;
    chunks.reset();
  }

  boolean ended() {
    return chunked ? chunks.ended() : left == 0;
  }

  /**
   * Reads on.
   *
   * @return where it stopped: behind the body, or at the end
   * @throws IllegalStateException if its chunks are broken
   */
  int feed(byte[] bytes, int from, int to, Chunks.Sink sink) {
    if (chunked) {
      return chunks.feed(bytes, from, to, sink);
    }
    int n = (int) Math.min(left, to - from);
    if (n > 0) {
      left -= n;
      sink.payload(bytes, from, from + n);
    }
    return from + n;
  }
}
