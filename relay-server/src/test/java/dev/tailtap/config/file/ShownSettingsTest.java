package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.rig.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the records of the configuration say about themselves, as a log or a debugger would. */
class ShownSettingsTest {
  private static final String SECRET = "tt-secret";

  @TempDir private Path dir;

  @Test
  @Rule(value = "The text of the settings has no key, password or token", source = "SECURITY.md")
  void noSecretIsInTheTextOfTheSettings() throws Exception {
    Path file =
        Files.writeString(
            dir.resolve("relay.properties"),
            """
            admin.token=a-tt-secret
            store.url=jdbc:postgresql://u:b-tt-secret@db.example/d?password=c-tt-secret
            store.user=u
            store.password=d-tt-secret
            upstream.one.url=https://one.example
            upstream.one.header.Authorization=Bearer ${KEY}
            upstream.one.header.X-Key=e-tt-secret
            upstream.two.url=https://two.example
            upstream.two.key.a=g-tt-secret
            upstream.two.key.b=${KEY}
            route.all.path=/
            route.all.upstream=one
            """);
    RelayConfig config = ConfigFile.load(file, Map.of(), Map.of("KEY", "f-" + SECRET), List.of());
    assertTrue(config.toString().contains("one.example"), config.toString());
    assertFalse(config.toString().contains(SECRET), config.toString());
    assertTrue(
        config.store().password().contains(SECRET) && config.admin().token().contains(SECRET));
    assertTrue(config.upstreams().get("two").keys().containsValue("f-" + SECRET));
    assertTrue(config.upstreams().get("one").headers().toString().contains("f-" + SECRET));
  }
}
