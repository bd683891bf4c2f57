package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tailtap.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** Whatever stands in a file: it is a configuration, or its mistakes are named. */
class ConfigFuzz {
  private static final Map<String, String> OVERRIDES =
      Map.of("relay.listen", "127.0.0.1:0", "admin.listen", "127.0.0.1:0"); // look up no host

  @TempDir Path dir;

  @FuzzTest(maxDuration = "2m")
  void configFile(byte[] input) throws IOException {
    Path file = Files.write(dir.resolve("relay.properties"), input);
    try {
      RelayConfig config =
          ConfigFile.load(file, OVERRIDES, Map.of("SET", "x"), List.of("anthropic"));
      assertFalse(config.upstreams().isEmpty() || config.routes().isEmpty());
    } catch (ConfigException mistakes) {
      assertTrue(mistakes.getMessage().length() > 10);
    }
  }
}
