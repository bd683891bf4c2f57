package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.rig.FreePort;
import dev.tailtap.usage.Dialect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the demo does before anything runs. */
class DemoTest {
  private static final Path CONFIG = Path.of("../conf/demo.properties");

  @Test
  void portsThatAreTakenAreMoved() throws Exception {
    try (ServerSocket first = taken();
        ServerSocket second = taken()) {
      Map<String, String> moves =
          Demo.freePorts(
              config(
                  Map.of(
                      "relay.listen", "127.0.0.1:" + FreePort.choose(),
                      "admin.listen", "127.0.0.1:" + first.getLocalPort(),
                      "upstream.demo.url", "http://127.0.0.1:" + FreePort.choose(),
                      "upstream.mortal.url", "http://127.0.0.1:" + second.getLocalPort())));
      assertEquals(List.of("admin.listen", "upstream.mortal.url"), List.copyOf(moves.keySet()));
      RelayConfig moved = config(moves);
      assertNotEquals(first.getLocalPort(), moved.admin().listen().getPort());
      assertNotEquals(second.getLocalPort(), moved.upstreams().get("mortal").port());
    }
  }

  @Test
  void nothingIsToBeWarnedOf() throws Exception {
    assertEquals(List.of(), ConfigFile.warnings(config(Map.of()), Instant.now()));
  }

  private static RelayConfig config(Map<String, String> settings) throws Exception {
    return ConfigFile.load(CONFIG, settings, Map.of(), Dialect.configNames());
  }

  private static ServerSocket taken() throws Exception {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }
}
