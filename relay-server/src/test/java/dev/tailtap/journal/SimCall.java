package dev.tailtap.journal;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * A call as the simulation knows it: a number, and some ballast of its own length.
 *
 * @param beginning how often it had begun before; 0 once it has ended
 */
record SimCall(int number, boolean ended, int beginning) {
  SimCall(int number, boolean ended) {
    this(number, ended, 0);
  }

  /** The database refuses it: for something in its end, so not if that is unknown. */
  boolean poisonous() {
    return ended && number % 37 == 5;
  }

  UUID id() {
    return new UUID(7, number);
  }

  static SimCall read(byte[] content, boolean ended) {
    ByteBuffer in = ByteBuffer.wrap(content);
    int number = in.getInt();
    byte kind = in.get();
    SimCall call = new SimCall(number, ended, kind / 2);
    if (kind % 2 != (ended ? 1 : 0) || content.length != call.length()) {
      throw new AssertionError("the content of call " + call.number + " is not what was written");
    }
    return call;
  }

  private int length() {
    return 5 + number * 31 % 90;
  }

  Entry entry(Runnable done) {
    return new SimEntry(this, done);
  }

  private record SimEntry(SimCall of, Runnable told) implements Entry {
    @Override
    public UUID call() {
      return of.id();
    }

    @Override
    public boolean closes() {
      return of.ended;
    }

    @Override
    public void encode(ByteBuffer out, Entry opened) {
      byte kind = (byte) (of.ended ? 1 : 2 * of.beginning);
      out.putInt(of.number).put(kind).put(new byte[of.length() - 5]);
    }

    @Override
    public void acknowledge() {
      told.run();
    }
  }
}
