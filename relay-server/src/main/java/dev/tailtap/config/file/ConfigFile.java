package dev.tailtap.config.file;

import dev.tailtap.config.RelayConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The way from a properties file to a {@link RelayConfig}: entries, overrides, values, records,
 * checks across records. It either returns a configuration that can be used as it is, or names
 * every mistake at once.
 */
public final class ConfigFile {
  private ConfigFile() {}

  /**
   * Reads a file.
   *
   * @param overrides win over the file, key by key
   * @param environment what {@code ${NAME}} in a value refers to
   * @param dialects the names that {@code upstream.NAME.dialect} may have beside {@code auto}
   * @throws ConfigException with all mistakes of the file, of the overrides and between settings
   */
  public static RelayConfig load(
      Path file,
      Map<String, String> overrides,
      Map<String, String> environment,
      List<String> dialects)
      throws ConfigException {
    List<String> errors = new ArrayList<>();
    Map<String, String> entries = new LinkedHashMap<>(PropertiesSource.read(file, errors));
    if (entries.isEmpty() && !errors.isEmpty()) {
      // Without a file, everything else that is missing would only hide the one mistake.
      throw new ConfigException(errors);
    }
    entries.putAll(overrides);
    RelayConfig config =
        RelayConfig.of(new FileSettings(Catalogue.ofRelay(), entries, environment, errors));
    new ConfigChecks(config, dialects, errors).check();
    if (!errors.isEmpty()) {
      throw new ConfigException(errors);
    }
    return config;
  }

  /** What can be used but should be looked at, one line each; reads the TLS files. */
  public static List<String> warnings(RelayConfig config, Instant now) {
    List<String> warnings = new TlsFileChecks(config).warnings(now);
    warnings.addAll(new RouteWarnings(config).warnings());
    if (config.server().trust().hasEverybody()) {
      warnings.add("relay.trust: every address is in it, so every client may say who it is");
    }
    return warnings;
  }
}
