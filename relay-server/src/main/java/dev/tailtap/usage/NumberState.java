package dev.tailtap.usage;

/** How far a JSON number has come (RFC 8259 section 6), byte by byte and at any cut. */
enum NumberState {
  MINUS(false),
  ZERO(true),
  INTEGER(true),
  POINT(false),
  FRACTION(true),
  EXPONENT_MARK(false),
  EXPONENT_SIGN(false),
  EXPONENT(true);

  private final boolean whole;

  NumberState(boolean whole) {
    this.whole = whole;
  }

  /** Whether what came so far is a number. */
  boolean isWhole() {
    return whole;
  }

  /** Null: this byte starts no number. */
  static NumberState first(byte b) {
    return b == '-' ? MINUS : MINUS.next(b);
  }

  /** After one more byte; null: it is none of the number's. */
  NumberState next(byte b) {
    boolean digit = b >= '0' && b <= '9';
    return switch (this) {
      case MINUS -> b == '0' ? ZERO : digit ? INTEGER : null;
      case ZERO -> b == '.' ? POINT : exponent(b);
      case INTEGER -> digit ? INTEGER : b == '.' ? POINT : exponent(b);
      case POINT -> digit ? FRACTION : null;
      case FRACTION -> digit ? FRACTION : exponent(b);
      case EXPONENT_MARK -> b == '+' || b == '-' ? EXPONENT_SIGN : digit ? EXPONENT : null;
      case EXPONENT_SIGN, EXPONENT -> digit ? EXPONENT : null;
    };
  }

  private static NumberState exponent(byte b) {
    return b == 'e' || b == 'E' ? EXPONENT_MARK : null;
  }
}
