package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The data of one event that lies here in full: its data lines, joined by LF. */
final class EventData {
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private EventData() {}

  /** Whether it is an event of usage alone; copied only if it has several lines. */
  static boolean isUsageAlone(byte[] text, int from, int to) {
    int lines = 0;
    int start = from;
    int stop = from;
    for (int i = from; i < to; ) {
      int end = Newlines.next(text, i, to);
      if (isData(text, i, end)) {
        lines++;
        start = i + DATA.length;
        stop = end;
      }
      i = end + 1;
    }
    if (lines <= 1) {
      return UsageOnlyEvent.is(text, start, stop);
    }
    byte[] data = of(text, from, to);
    return UsageOnlyEvent.is(data, 0, data.length);
  }

  private static byte[] of(byte[] text, int from, int to) {
    byte[] data = new byte[to - from];
    int length = 0;
    int i = from;
    while (i < to) {
      int end = Newlines.next(text, i, to);
      int start = i + DATA.length;
      if (isData(text, i, end)) {
        System.arraycopy(text, start, data, length, end - start);
        length += end - start;
        data[length++] = '\n';
      }
      i = end + 1;
    }
    return Arrays.copyOf(data, length);
  }

  private static boolean isData(byte[] text, int from, int end) {
    int start = from + DATA.length;
    return start <= end && Arrays.equals(text, from, start, DATA, 0, DATA.length);
  }
}
