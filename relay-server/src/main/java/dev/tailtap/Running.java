package dev.tailtap;

import java.time.Duration;

/** What serves until it is drained and closed; cutting ends the waiting for its streams. */
interface Running extends AutoCloseable {
  void cut();

  /** How long {@link #drain} takes at most. */
  Duration drainTime();

  /** Accepts nobody any more, after a while, and waits for the streams that run. */
  void drain();

  /** Reads its settings again. May wait for the disk. */
  void reload(String by);

  @Override
  void close();
}
