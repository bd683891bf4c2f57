package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The data of one event that lies here in full: its data lines, joined by LF. */
final class EventData {
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private EventData() {}

  static byte[] of(byte[] text, int from, int to) {
    byte[] data = new byte[to - from];
    int length = 0;
    int i = from;
    while (i < to) {
      int end = Newlines.next(text, i, to);
      int start = i + DATA.length;
      if (start <= end && Arrays.equals(text, i, start, DATA, 0, DATA.length)) {
        System.arraycopy(text, start, data, length, end - start);
        length += end - start;
        data[length++] = '\n';
      }
      i = end + 1;
    }
    return Arrays.copyOf(data, length);
  }
}
