package dev.tailtap;

import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.usage.Dialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A whole relay of one loop in this process, with its journal and an embedded database. */
final class BenchRelay {
  private BenchRelay() {}

  /**
   * Starts one.
   *
   * @param settings upstreams, routes and whatever else is not as in {@code conf/relay.properties}
   */
  static Relay start(Map<String, String> settings) throws IOException, ConfigException {
    ConfigFile file = file(settings);
    return Relay.start(file, file.read());
  }

  private static ConfigFile file(Map<String, String> own) throws IOException {
    String temporary = System.getProperty("java.io.tmpdir");
    Path benchDir = Path.of(System.getProperty("tailtap.bench.dir", temporary));
    Path dir = Files.createTempDirectory(benchDir, "relay");
    dir.toFile().deleteOnExit();
    Map<String, String> settings = new LinkedHashMap<>(own);
    settings.put("relay.listen", "127.0.0.1:0");
    settings.put("relay.loops", "1");
    settings.put("relay.drain-timeout", "1s");
    settings.put("admin.listen", "127.0.0.1:0");
    settings.put("journal.dir", dir.resolve("journal").toString());
    settings.put("journal.max-bytes", "1GiB");
    settings.put("journal.min-free", "1");
    settings.put("store.url", "embedded");
    settings.put("store.dir", benchDir.resolve("tailtap-bench-postgres").toString());
    Path file = Files.createFile(dir.resolve("relay.properties"));
    return new ConfigFile(file, settings, Map.of(), Dialect.configNames());
  }
}
