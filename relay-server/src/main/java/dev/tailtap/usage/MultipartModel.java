package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The field {@code model} of a form (multipart/form-data, RFC 7578), read along as it comes, cut
 * anywhere: within its first 64 KiB, and behind it to the end for a second one, in less than 4 KiB
 * of memory. Never throws, and reads no further where parsers differ. One per request; event loop
 * only.
 *
 * <pre>
 * PREAMBLE --> DELIMITER --> LINE_FEED --> HEADER --(empty line)--> CONTENT --> DELIMITER
 *                  | --                       any other byte: OVER
 *                 OVER
 * </pre>
 */
final class MultipartModel extends FormScanner {
  private enum State {
    PREAMBLE,
    /** Behind a boundary, in its line. */
    DELIMITER,
    LINE_FEED,
    HEADER,
    CONTENT,
    OVER
  }

  private static final int MOST = 64 << 10;
  private static final int LONGEST_CHARACTER = 4;
  private static final int LINE_LIMIT = 1024;
  private static final int LONGEST_BOUNDARY = 70; // RFC 2046 section 5.1.1
  private static final String SPECIALS = "'()+_,-./:=? ";
  private static final String DISPOSITION = "content-disposition:";

  /** A name in another way (RFC 8187), which some readers take and others do not. */
  private static final Pattern EXTENDED = Pattern.compile("[; \\t]name\\*");

  /** A boundary in that way, likewise. */
  private static final Pattern EXTENDED_BOUNDARY =
      Pattern.compile("boundary\\*", Pattern.CASE_INSENSITIVE);

  private static final String ENCODING = "content-transfer-encoding:";

  private final byte[] delimiter; // with the line end before it; null: there is none
  private final Bytes line = new Bytes(LINE_LIMIT);
  private final Bytes content;
  private State state;
  private int read;
  private int matched = 2; // at the start of a body the delimiter needs no line end before it
  private int loose = 1; // the same behind any line break, as some readers have it; 0: not in one
  private boolean dash;
  private boolean carriageReturn;
  private long contentBytes; // of a model that is open, its delimiter included
  private boolean isModel; // the open part
  private boolean disposed; // it has said its name
  private boolean encoded;
  private boolean whole; // its last delimiter has come, and nobody doubts what was before

  /** Of a body with this field {@code Content-Type}. */
  MultipartModel(String contentType) {
    String boundary = FieldParameter.of(contentType, "boundary");
    boolean known =
        boundary != null && isBoundary(boundary) && !EXTENDED_BOUNDARY.matcher(contentType).find();
    delimiter = known ? ("\r\n--" + boundary).getBytes(US_ASCII) : null;
    content = new Bytes(known ? LONGEST_CHARACTER * MODEL_LIMIT + delimiter.length : 0);
    state = known ? State.PREAMBLE : State.OVER;
  }

  /** Some read any such type as a form, as Go does with {@code multipart/mixed}. */
  static boolean reads(String contentType) {
    return FieldParameter.value(contentType).startsWith("multipart/");
  }

  private static boolean isBoundary(String text) {
    boolean good = !text.isEmpty() && text.length() <= LONGEST_BOUNDARY && !text.endsWith(" ");
    for (int i = 0; i < text.length() && good; i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      good = letter || (c >= '0' && c <= '9') || SPECIALS.indexOf(c) >= 0;
    }
    return good;
  }

  @Override
  public void feed(ByteBuf part) {
    int i = part.readerIndex();
    int end = modelSeen() ? part.writerIndex() : i + Math.min(part.readableBytes(), MOST - read);
    read = Math.min(MOST, read + end - i);
    while (i < end && state != State.OVER) {
      if (matched == 0 && loose == 0 && isPassedOver()) {
        int lineEnd = part.forEachByte(i, end - i, ByteProcessor.FIND_CRLF);
        i = lineEnd < 0 ? end : lineEnd;
      }
      if (i < end) {
        state = next(part.getByte(i));
        i++;
      }
    }
    if (modelSeen() && end < part.writerIndex()) {
      feed(
          part.slice(
              end, part.writerIndex() - end)); // it was seen in the last that there was room for
    } else if (read == MOST && !modelSeen()) {
      state = State.OVER;
    }
  }

  private boolean isPassedOver() {
    return state == State.CONTENT && !isModel;
  }

  @Override
  public boolean isOver() {
    return state == State.OVER;
  }

  @Override
  public boolean isWhole() {
    return whole;
  }

  private State next(byte b) {
    return switch (state) {
      case PREAMBLE -> preamble(b);
      case DELIMITER -> delimiter(b);
      case LINE_FEED -> b == '\n' ? State.HEADER : State.OVER;
      case HEADER -> header(b);
      case CONTENT -> content(b);
      case OVER -> State.OVER;
    };
  }

  /** What could be JSON is all that a reader sees who does not look at the type. */
  private State preamble(byte b) {
    boolean doubtful = isLooselyDelimited(b);
    return isDelimited(b) ? delimited() : b == '{' || doubtful ? State.OVER : State.PREAMBLE;
  }

  /** Whether this byte ends a delimiter. No byte of one but its first is a carriage return. */
  private boolean isDelimited(byte b) {
    matched = b == delimiter[matched] ? matched + 1 : b == '\r' ? 1 : 0;
    return matched == delimiter.length;
  }

  /** Whether it does for who takes a line break of any kind before it. */
  private boolean isLooselyDelimited(byte b) {
    boolean lineBreak = b == '\r' || b == '\n';
    loose = lineBreak ? 1 : loose > 0 && b == delimiter[loose + 1] ? loose + 1 : 0;
    boolean ended = loose == delimiter.length - 1;
    loose = ended ? 0 : loose;
    return ended;
  }

  private State delimited() {
    matched = 0;
    loose = 0;
    dash = false;
    line.clear();
    return State.DELIMITER;
  }

  /** RFC 2046 section 5.1.1: two hyphens behind the last one, or blanks and a line end. */
  private State delimiter(byte b) {
    boolean blank = b == ' ' || b == '\t';
    if (b == '-' && line.isEmpty()) {
      whole = dash;
      dash = true;
      return whole ? State.OVER : State.DELIMITER;
    }
    if (dash || !(blank || b == '\r')) {
      return State.OVER;
    }
    line.append(b);
    if (blank) {
      return State.DELIMITER;
    }
    line.clear();
    carriageReturn = false;
    isModel = false;
    disposed = false;
    encoded = false;
    return State.LINE_FEED;
  }

  private State header(byte b) {
    if (carriageReturn) {
      carriageReturn = false;
      return b == '\n' ? headerEnd() : State.OVER;
    }
    carriageReturn = b == '\r';
    boolean folded = line.isEmpty() && (b == ' ' || b == '\t');
    if (folded || b == '\n' || b == 0) {
      return State.OVER;
    }
    if (!carriageReturn) {
      line.append(b);
    }
    return State.HEADER;
  }

  private State headerEnd() {
    if (line.isEmpty()) {
      return contentBegins();
    }
    String text = new String(line.array(), 0, line.length(), ISO_8859_1);
    String lower = text.toLowerCase(Locale.ROOT);
    boolean cut = line.overflowed();
    line.clear();
    if (lower.startsWith(DISPOSITION)) {
      if (disposed || cut) {
        return State.OVER;
      }
      disposed = true;
      String name = FieldParameter.of(text, "name");
      if (name == null || EXTENDED.matcher(lower).find()) {
        return State.OVER;
      }
      isModel = name.equals("model");
      if (!isModel && ModelNames.isMember(name)) {
        found();
      }
    } else if (lower.startsWith(ENCODING)) {
      String word = lower.substring(ENCODING.length()).strip();
      encoded = !(word.equals("8bit") || word.equals("7bit") || word.equals("binary"));
    }
    return State.HEADER;
  }

  private State contentBegins() {
    if (isModel) {
      found();
    }
    contentBytes = 0;
    content.clear();
    matched = 2; // an empty content may have given its line end to the header
    loose = 1;
    return State.CONTENT;
  }

  private State content(byte b) {
    contentBytes++;
    if (isModel) {
      content.append(b);
    }
    boolean doubtful = isLooselyDelimited(b);
    if (!isDelimited(b)) {
      return doubtful ? State.OVER : State.CONTENT;
    }
    if (isModel && !encoded) {
      long bytes = Math.max(0, contentBytes - delimiter.length);
      int kept = (int) Math.min(content.length(), bytes);
      says(new String(content.array(), 0, kept, UTF_8));
    }
    return delimited();
  }
}
