package dev.tailtap.attack;

import java.nio.ByteBuffer;

/** A client that sends a head and then one piece over and over, and reads whatever comes. */
class Sender implements Part {
  private final String head;
  private final ByteBuffer piece;
  private long left;

  /**
   * Makes one.
   *
   * @param times how often the piece is sent
   */
  Sender(String head, ByteBuffer piece, long times) {
    this.head = head;
    this.piece = piece;
    left = times;
  }

  @Override
  public void opened(Wire wire) {
    wire.write(head);
    wire.wantsMore(true);
  }

  @Override
  public void drained(Wire wire) {
    if (left-- > 0) {
      wire.write(piece);
    } else {
      wire.wantsMore(false);
      sent(wire);
    }
  }

  /** All of it was sent. */
  void sent(Wire wire) {}

  @Override
  public void ended(Wire wire) {
    wire.close();
  }
}
