package dev.tailtap.config.file;

import java.util.List;

/**
 * The settings cannot be used; carries every mistake that was found, none of them with a secret.
 */
public final class ConfigException extends Exception {
  private final List<String> errors;

  ConfigException(List<String> errors) {
    super(String.join(System.lineSeparator(), errors));
    this.errors = List.copyOf(errors);
  }

  /** One line for each mistake: the key, its value unless that is a secret, what is allowed. */
  public List<String> errors() {
    return errors;
  }
}
