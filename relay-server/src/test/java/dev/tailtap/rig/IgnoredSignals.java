package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Signals that this run was started to ignore, as interrupts are in the background of a shell
 * without job control and hangups below {@code nohup}. Children inherit that, and a JVM leaves it.
 */
public final class IgnoredSignals {
  private static final String FIELD = "SigIgn:";

  private IgnoredSignals() {}

  public static boolean interrupt() throws IOException {
    return contains(2);
  }

  public static boolean hangup() throws IOException {
    return contains(1);
  }

  private static boolean contains(int signal) throws IOException {
    String ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith(FIELD))
            .map(line -> line.substring(FIELD.length()).strip())
            .findFirst()
            .orElse("0");
    return (Long.parseUnsignedLong(ignored, 16) & 1L << (signal - 1)) != 0;
  }
}
