package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.QueryStringDecoder;

/**
 * The field {@code model} of a form that is written as a query is
 * (application/x-www-form-urlencoded, WHATWG URL section 5.1), read along as it comes, cut
 * anywhere: within its first 64 KiB, and behind it to the end for a second one, in less than 4 KiB
 * of memory. A semicolon parts fields as well, since it does for some readers. Never throws. One
 * per request; event loop only.
 */
final class FormModel extends FormScanner {
  private enum State {
    NAME,
    VALUE,
    OVER
  }

  private static final int MOST = 64 << 10;
  private static final int LONGEST_ESCAPE = 12; // of a character of four bytes
  private static final int LONGEST_NAME = 64; // of the model's, with every byte escaped

  /** What those who write such forms leave as it is, letters and digits aside. */
  private static final String UNESCAPED = "&=;+%*-._~!'(),/:@$?";

  private final Bytes name = new Bytes(LONGEST_NAME);
  private final Bytes value = new Bytes(LONGEST_ESCAPE * MODEL_LIMIT);
  private State state = State.NAME;
  private int read;
  private boolean isModel; // the value that is open
  private boolean foreign; // it has what no such form has

  @Override
  public void feed(ByteBuf part) {
    int end = part.writerIndex();
    for (int i = part.readerIndex(); i < end && state != State.OVER; i++) {
      byte b = part.getByte(i);
      foreign |= !isPlain(b);
      next(b);
    }
    read = Math.min(MOST, read + part.readableBytes());
    if (read == MOST && !modelSeen()) {
      state = State.OVER;
    }
  }

  private static boolean isPlain(byte b) {
    boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    return letter || (b >= '0' && b <= '9') || (b > 0 && UNESCAPED.indexOf(b) >= 0);
  }

  private void next(byte b) {
    if (b == '&' || b == ';') {
      fieldEnds();
      name.clear();
      state = State.NAME;
    } else if (state == State.NAME && b == '=') {
      nameEnds();
    } else if (state == State.NAME) {
      name.append(b);
    } else if (isModel) {
      value.append(b);
    }
  }

  /** Where there is none before it, some pass over the equals sign, and others over the field. */
  private void nameEnds() {
    if (!name.isEmpty()) {
      state = State.VALUE;
      isModel = isNamed();
      value.clear();
    }
  }

  /** Whether it is the model's; a name that is nearly so is one that was seen. */
  private boolean isNamed() {
    String said = plain(name);
    boolean named = !name.overflowed() && ModelNames.isMember(said);
    if (named) {
      found();
    }
    return named && said.equals("model");
  }

  /** A name alone has an empty value. */
  private void fieldEnds() {
    if (state == State.NAME) {
      nameEnds();
    }
    if (state == State.VALUE && isModel) {
      says(plain(value));
      isModel = false;
    }
  }

  @Override
  public void end() {
    fieldEnds();
  }

  private static String plain(Bytes text) {
    String written = new String(text.array(), 0, text.length(), UTF_8);
    try {
      return QueryStringDecoder.decodeComponent(written);
    } catch (IllegalArgumentException noEscape) {
      return written;
    }
  }

  @Override
  public boolean isOver() {
    return state == State.OVER;
  }

  /**
   * Any text can be read as such a form: one without a model is as likely something else, and so is
   * one with a brace, quote or blank, in which a lenient reader of JSON or YAML may find another.
   */
  @Override
  public boolean isWhole() {
    return modelSeen() && !foreign;
  }
}
