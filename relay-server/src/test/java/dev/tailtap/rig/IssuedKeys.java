package dev.tailtap.rig;

import dev.tailtap.keys.KeyForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;

/** A file of virtual keys, as an operator would write it. */
public final class IssuedKeys {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path file;

  /** An empty file in a directory of its own. */
  public IssuedKeys() throws IOException {
    file = Files.createFile(Files.createTempDirectory("tailtap-keys").resolve("keys"));
  }

  public String path() {
    return file.toString();
  }

  /** A key that nobody knows. */
  public static String unknown() {
    return KeyForm.issue(RANDOM);
  }

  /**
   * Adds a key.
   *
   * @param fields as they stand in the line, as in {@code tenant=acme; models=gpt-*}
   * @return the key itself
   */
  public String issue(String id, String fields) throws IOException {
    String key = unknown();
    add(key, id, fields);
    return key;
  }

  /** Adds a key that is there already. */
  public void add(String key, String id, String fields) throws IOException {
    String line = id + "=" + KeyForm.hash(key) + "; " + fields + "\n";
    Files.writeString(file, line, StandardOpenOption.APPEND);
  }

  /** Puts one text of the file in the place of another. */
  public void change(String text, String other) throws IOException {
    Files.writeString(file, Files.readString(file).replace(text, other));
  }
}
