package dev.tailtap.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Programs of this machine that a test may do without: it is then skipped, and says for want of
 * what.
 */
public final class Tool {
  private Tool() {}

  /** Whether the command is there and ends well; what it says goes nowhere. */
  public static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException missing) {
      return false;
    }
  }

  /** Runs it and hands over what it said. */
  public static String said(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("failed: " + Arrays.toString(command));
    }
    return out;
  }
}
