package dev.tailtap.bench.load;

/** Judges the bodies that one client receives, one after the other. Confined to its loop. */
interface EventSink extends Chunks.Sink {
  /** Hears of events that came whole and right. */
  interface Listener {
    void event(long due, long sent);
  }

  void begin(int stream);

  /** How many events of this stream came. */
  int events();

  /** The stream came to its end, and all of it was right. */
  boolean complete();

  /** Something came that should not have. */
  boolean wrong();
}
