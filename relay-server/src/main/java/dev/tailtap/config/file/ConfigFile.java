package dev.tailtap.config.file;

import dev.tailtap.config.AdminConfig;
import dev.tailtap.config.KeysConfig;
import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.Setting;
import dev.tailtap.config.UpstreamConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The way from a properties file to a {@link RelayConfig}: entries, overrides, values, records,
 * checks across records. Each reading either returns a configuration that can be used as it is, or
 * names every mistake at once. Immutable.
 */
public final class ConfigFile {
  private static final String OVERRIDE = "--set";
  private static final String ADMIN = "admin.";

  private final Path path;
  private final Map<String, String> overrides;
  private final Map<String, String> environment;
  private final List<String> dialects;

  /**
   * Reads nothing yet.
   *
   * @param overrides win over the file, key by key
   * @param environment what {@code ${NAME}} in a value refers to
   * @param dialects the names that {@code upstream.NAME.dialect} may have beside {@code auto}
   */
  public ConfigFile(
      Path path,
      Map<String, String> overrides,
      Map<String, String> environment,
      List<String> dialects) {
    this.path = path;
    this.overrides = new LinkedHashMap<>(overrides);
    this.environment = Map.copyOf(environment);
    this.dialects = List.copyOf(dialects);
  }

  /**
   * Reads a file for its configuration alone.
   *
   * @throws ConfigException with all mistakes of the file, of the overrides and between settings
   */
  public static RelayConfig load(
      Path file,
      Map<String, String> overrides,
      Map<String, String> environment,
      List<String> dialects)
      throws ConfigException {
    return new ConfigFile(file, overrides, environment, dialects).read().config();
  }

  /**
   * The configuration that these settings make, of no file.
   *
   * @throws ConfigException with all mistakes in them
   */
  public static RelayConfig of(Map<String, String> settings, List<String> dialects)
      throws ConfigException {
    Map<String, Written> entries = new LinkedHashMap<>();
    settings.forEach((key, value) -> entries.put(key, new Written(value, OVERRIDE)));
    ConfigFile none = new ConfigFile(Path.of(""), Map.of(), Map.of(), dialects);
    return none.made(entries, new ArrayList<>()).config();
  }

  public Path path() {
    return path;
  }

  /**
   * Reads the file, and the files of keys that it names, as they are now.
   *
   * @throws ConfigException with all mistakes of the file, of the overrides and between settings
   */
  public LoadedConfig read() throws ConfigException {
    List<String> errors = new ArrayList<>();
    return made(entries(errors), errors);
  }

  /**
   * Where a relay with these settings is to be asked. Mistakes in others are that relay's to tell,
   * which may have other variables in its environment.
   */
  public AdminConfig admin() throws ConfigException {
    Map<String, Written> entries = entries(new ArrayList<>());
    entries.keySet().removeIf(key -> !key.startsWith(ADMIN));
    List<String> errors = new ArrayList<>();
    AdminConfig admin =
        AdminConfig.of(new FileSettings(Catalogue.ofRelay(), entries, environment, errors));
    if (!errors.isEmpty()) {
      throw new ConfigException(errors);
    }
    return admin;
  }

  /**
   * What a relay that runs can take over of a later reading: all but what is read at its start.
   *
   * @throws ConfigException if the one cannot be used with the other
   */
  public LoadedConfig takenOver(LoadedConfig running, LoadedConfig later) throws ConfigException {
    Catalogue catalogue = Catalogue.ofRelay();
    Map<String, Written> entries = new LinkedHashMap<>(later.entries());
    entries.keySet().removeIf(key -> isAtStart(catalogue, key));
    running
        .entries()
        .forEach(
            (key, written) -> {
              if (isAtStart(catalogue, key)) {
                entries.put(key, written);
              }
            });
    try {
      return made(entries, new ArrayList<>());
    } catch (ConfigException e) {
      throw new ConfigException(
          e.errors().stream()
              .map(error -> error + " (beside what only a restart changes)")
              .toList());
    }
  }

  /** What can be used but should be looked at, one line each; reads the TLS files. */
  public static List<String> warnings(RelayConfig config, Instant now) {
    List<String> warnings = new TlsFileChecks(config).warnings(now);
    warnings.addAll(new RouteWarnings(config).warnings());
    warnings.addAll(withoutCredential(config));
    warnings.addAll(LimitChecks.warnings(config));
    if (config.server().trust().hasEverybody()) {
      warnings.add("relay.trust: every address is in it, so every client may say who it is");
    }
    return warnings;
  }

  /**
   * Where it is certain that callers show keys of the relay's own, which are none for a provider.
   */
  private static List<String> withoutCredential(RelayConfig config) {
    boolean certain =
        config.keys().file() != null || config.keys().required() == KeysConfig.Required.TRUE;
    return config.upstreams().values().stream()
        .filter(upstream -> certain && !upstream.hasCredential())
        .map(
            upstream ->
                UpstreamConfig.KEYS.key(upstream.name(), "LABEL")
                    + ": is not set, so that calls by a virtual key are refused; "
                    + UpstreamConfig.AUTH.key(upstream.name())
                    + "=none says that it needs no key")
        .toList();
  }

  private Map<String, Written> entries(List<String> errors) throws ConfigException {
    Map<String, Written> entries = new LinkedHashMap<>(PropertiesSource.read(path, errors));
    if (entries.isEmpty() && !errors.isEmpty()) {
      // Without a file, everything else that is missing would only hide the one mistake.
      throw new ConfigException(errors);
    }
    overrides.forEach((key, value) -> entries.put(key, new Written(value, OVERRIDE)));
    return entries;
  }

  private static boolean isAtStart(Catalogue catalogue, String key) {
    return catalogue.of(key).map(Setting::isAtStart).orElse(false);
  }

  private LoadedConfig made(Map<String, Written> entries, List<String> errors)
      throws ConfigException {
    FileSettings settings = new FileSettings(Catalogue.ofRelay(), entries, environment, errors);
    RelayConfig config = RelayConfig.of(settings);
    new ConfigChecks(config, dialects, errors).check();
    if (!errors.isEmpty()) {
      throw new ConfigException(errors);
    }
    return new LoadedConfig(config, entries, settings.active());
  }
}
