package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The file that is shipped is read by people before anything else, so it must not lie. */
class ShippedConfigTest {
  private static final Path FILE =
      Path.of(System.getProperty("tailtap.root", ".."), "conf", "relay.properties");
  private static final List<String> DIALECTS =
      List.of("openai-chat", "openai-responses", "anthropic", "gemini");

  @Test
  void loadsWithoutAnyEnvironmentVariable() throws Exception {
    RelayConfig config = ConfigFile.load(FILE, Map.of(), Map.of(), DIALECTS);
    assertEquals(
        List.of("openai", "anthropic", "gemini"), List.copyOf(config.upstreams().keySet()));
    assertEquals(3, config.routes().size());
  }

  @Test
  void changesNoDefault(@TempDir Path dir) throws Exception {
    String essentials = "";
    for (String line : Files.readAllLines(FILE)) {
      if (line.matches("(upstream\\.\\w+\\.url|route\\.).*")) {
        essentials += line + "\n";
      }
    }
    Path file = Files.writeString(dir.resolve("essentials"), essentials);
    assertEquals(
        ConfigFile.load(file, Map.of(), Map.of(), DIALECTS),
        ConfigFile.load(FILE, Map.of(), Map.of(), DIALECTS));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void namesEverySettingAtItsDefault(Setting<?> setting) throws IOException {
    String key = setting.key("openai");
    key =
        key.replace("FIELD", "Authorization")
            .replace("LABEL", "a")
            .replace("ALIAS", "fast")
            .replace("TAG", "team");
    String line = key + "=" + setting.preset().orElse("");
    assertTrue(
        Files.readAllLines(FILE).stream()
            .map(written -> written.replaceFirst("^#(?=\\S+=)", ""))
            .anyMatch(
                written ->
                    setting.preset().isEmpty() ? written.startsWith(line) : written.equals(line)),
        () -> FILE + " lacks the line " + line);
  }

  static List<Setting<?>> settings() {
    return Catalogue.ofRelay().settings();
  }
}
