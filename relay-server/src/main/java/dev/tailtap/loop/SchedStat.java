package dev.tailtap.loop;

import java.io.IOException;
import java.io.RandomAccessFile;

/**
 * How long the thread that asks was ready to run and had no processor, as Linux counts it
 * (proc_pid_schedstat: the second number). Elsewhere it is always 0. For one thread, the first that
 * asks.
 */
final class SchedStat {
  private final byte[] text = new byte[64];
  private RandomAccessFile file;
  private boolean missing;

  /** In nanoseconds since the thread began. */
  long waitedNanos() {
    if (missing) {
      return 0;
    }
    try {
      if (file == null) {
        file = new RandomAccessFile("/proc/thread-self/schedstat", "r");
      }
      file.seek(0);
      return second(file.read(text));
    } catch (IOException unsupported) {
      missing = true;
      return 0;
    }
  }

  private long second(int length) {
    long number = 0;
    int i = 0;
    while (i < length && text[i] != ' ') {
      i++;
    }
    for (i++; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
      number = 10 * number + text[i] - '0';
    }
    return number;
  }
}
