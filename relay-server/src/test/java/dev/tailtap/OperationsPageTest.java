package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.DocumentedBlock;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/OPERATIONS.md that are no balancer's, by the programs that read them. */
class OperationsPageTest {
  private static final int END_SECONDS = 10; // what a stop takes after relay.drain-timeout
  private static final int DRAIN_SECONDS = 600;

  @TempDir private Path dir;

  private static String example(String language) throws IOException {
    return DocumentedBlock.all("OPERATIONS.md", language).get(0);
  }

  private static int number(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), pattern);
    return Integer.parseInt(matcher.group(1));
  }

  @Test
  void theUnitIsOneToSystemd() throws Exception {
    assumeTrue(Tool.runs("systemd-analyze", "--version"), "skipped: systemd-analyze missing");
    String unit = example("systemd").replace("/opt/tailtap/relay", "/bin/sh");
    Path file = Files.writeString(dir.resolve("tailtap.service"), unit);
    Process process =
        new ProcessBuilder("systemd-analyze", "verify", file.toString())
            .redirectErrorStream(true)
            .start();
    String said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertTrue(said.lines().noneMatch(line -> line.contains("tailtap.service")), said);
  }

  @Test
  void theUnitGivesAStopItsTime() throws Exception {
    assertEquals(DRAIN_SECONDS + END_SECONDS, number("TimeoutStopSec=(\\d+)s", example("systemd")));
  }
}
