package dev.tailtap.journal;

import java.io.IOException;

/** What is under a name is not, or not all of, what this process wrote there. */
final class LostFileException extends IOException {
  private static final long serialVersionUID = 1L;

  LostFileException(String message) {
    super(message);
  }
}
