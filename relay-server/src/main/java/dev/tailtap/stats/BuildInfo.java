package dev.tailtap.stats;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What is running: the version that the build wrote beside the classes, and the Java below it.
 *
 * @param java as the JDK names itself, such as 17.0.15+6
 */
public record BuildInfo(String version, String java) {

  /** What this process was built from and runs on. */
  public static BuildInfo read() {
    try (InputStream file = BuildInfo.class.getResourceAsStream("build.properties")) {
      Properties properties = new Properties();
      properties.load(file);
      return new BuildInfo(properties.getProperty("version"), Runtime.version().toString());
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }
}
