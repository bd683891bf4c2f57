package dev.tailtap;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.limits.Descriptors;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What can be used on this machine but should be looked at. */
final class ConfigWarnings {
  private ConfigWarnings() {}

  /** One line each. */
  static List<String> of(RelayConfig config, Descriptors descriptors) {
    List<String> warnings = new ArrayList<>(ConfigFile.warnings(config, Instant.now()));
    String shortage = descriptors.shortage(config.limits().streams());
    if (shortage != null) {
      warnings.add(shortage);
    }
    return warnings;
  }
}
