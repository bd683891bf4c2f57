package dev.tailtap;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.Chromium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** One browser for all tests of a class, and where its pictures go. */
abstract class DashboardRig {
  static final Path PICTURES = Path.of("target/dashboard");
  static final int WIDE = 1280; // pixels
  static final int PHONE = 390;

  @TempDir static Path dir;
  static Chromium browser;

  @BeforeAll
  static void open() throws IOException {
    assumeTrue(Chromium.installed(), "skipped: chromium missing");
    Files.createDirectories(PICTURES);
    browser = new Chromium(dir);
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
      browser = null;
    }
  }
}
