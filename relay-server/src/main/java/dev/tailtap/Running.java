package dev.tailtap;

import java.time.Duration;

/** What serves until it is closed, which lets its streams end; cutting ends them at once. */
interface Running extends AutoCloseable {
  void cut();

  /** How long its streams may go on once it was told to close. */
  Duration drainTimeout();

  /** Reads its settings again. May wait for the disk. */
  void reload(String by);

  @Override
  void close();
}
