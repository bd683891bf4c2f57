package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The units of deploy/systemd, by the program that reads them. */
class OperationsPageTest {
  private static final int END_SECONDS = 10; // what a stop takes after relay.drain-timeout
  private static final int DRAIN_SECONDS = 600;
  private static final int DELAY_SECONDS = 15;

  @TempDir private Path dir;

  private static int number(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), pattern);
    return Integer.parseInt(matcher.group(1));
  }

  private static String unit(String name) throws IOException {
    return Files.readString(RelayProcess.home().resolve("deploy/systemd").resolve(name));
  }

  @Test
  void theUnitsAreSuchToSystemd() throws Exception {
    assumeTrue(Tool.runs("systemd-analyze", "--version"), "skipped: systemd-analyze missing");
    List<String> command = new ArrayList<>(List.of("systemd-analyze", "verify"));
    for (String name : List.of("tailtap.service", "tailtap.socket", "tailtap@.service")) {
      String text = unit(name).replace("/opt/tailtap/relay", "/bin/sh");
      String instance = name.replace("@", "@a");
      command.add(Files.writeString(dir.resolve(instance), text).toString());
      Files.writeString(dir.resolve(name), text);
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertTrue(said.lines().noneMatch(line -> line.contains("tailtap")), said);
  }

  @Test
  void theUnitsGiveAStopItsTime() throws Exception {
    int most = DELAY_SECONDS + DRAIN_SECONDS + END_SECONDS;
    assertEquals(most, number("TimeoutStopSec=(\\d+)s", unit("tailtap.service")));
    assertEquals(most, number("TimeoutStopSec=(\\d+)s", unit("tailtap@.service")));
  }
}
