package dev.tailtap.usage;

/** Reads how many tokens a body says that its answer may have: the largest number of these. */
final class AnswerLimit {
  private static final long MOST = 1_000_000_000;

  private boolean reading;
  private long present;
  private long largest = -1;

  /**
   * A number begins.
   *
   * @param counts whether it is one of these
   * @param first its first character
   */
  void begin(boolean counts, byte first) {
    reading = counts;
    present = 0;
    next(first);
  }

  /** Its next character; what is no whole number from 0 is none. */
  void next(byte digit) {
    if (!reading) {
      return;
    }
    reading = digit >= '0' && digit <= '9';
    if (reading) {
      present = Math.min(MOST, present * 10 + digit - '0');
    }
  }

  /** The number is over. */
  void end() {
    if (reading) {
      largest = Math.max(largest, present);
      reading = false;
    }
  }

  /** Null: none was there. */
  Long value() {
    return largest < 0 ? null : largest;
  }
}
