package dev.tailtap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Gateways come as trees of processes: a shell, a launcher, what it launches. */
class ChildTest {
  @TempDir Path dir;

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void allThatAProcessStartedIsCountedWithItAndEndsWithIt() {
    List<String> command = List.of("sh", "-c", "sh -c 'sleep 300; true' & sleep 300; true");
    Child child = Child.start("tree", dir, command, Map.of());
    child.await("start all", () -> child.pids().size() == 4);
    List<ProcessHandle> all =
        child.pids().stream().map(pid -> ProcessHandle.of(pid).orElseThrow()).toList();
    child.close();
    all.forEach(process -> process.onExit().join());
  }

  @Test
  void aPortThatSomebodyElseHasIsNotTakenForTheGateways() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Subjects subjects =
            new Subjects(Machine.here(), dir, dir, null, new LoadDriver.Ports(1, 0), null)) {
      Gateway late = Gateway.of("late=sleep 300:" + other.getLocalPort());
      BenchException refused =
          assertThrows(BenchException.class, () -> subjects.start(name -> false, List.of(late)));
      assertEquals(
          "late cannot start: somebody listens on port " + other.getLocalPort() + " already",
          refused.getMessage());
    }
  }

  @Test
  void aGatewayThatEndsBeforeItListensIsToldWithItsLastWords() {
    try (Subjects subjects =
        new Subjects(Machine.here(), dir, dir, null, new LoadDriver.Ports(1, 0), null)) {
      Gateway broken = Gateway.of("broken=echo no key at $PROVIDER_URL:" + Child.freePort());
      BenchException told =
          assertThrows(BenchException.class, () -> subjects.start(name -> false, List.of(broken)));
      assertTrue(told.getMessage().endsWith("\nno key at http://127.0.0.1:1"), told.getMessage());
    }
  }
}
