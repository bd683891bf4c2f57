package dev.tailtap.limits;

import dev.tailtap.redis.SharedCounters;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps what is shared from logging that its server is away, as it is thousands of times. */
final class QuietCounters implements BeforeAllCallback, AfterAllCallback {
  private final Logger log = Logger.getLogger(SharedCounters.class.getName());
  private Level level;

  @Override
  public void beforeAll(ExtensionContext test) {
    level = log.getLevel();
    log.setLevel(Level.OFF);
  }

  @Override
  public void afterAll(ExtensionContext test) {
    log.setLevel(level);
  }
}
