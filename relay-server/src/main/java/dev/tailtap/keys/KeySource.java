package dev.tailtap.keys;

import java.io.IOException;
import java.util.List;

/** Where keys are kept. May block; one thread at a time. */
public interface KeySource {
  /**
   * All keys, if any of them is another than when it was asked last; null: none is.
   *
   * @throws IOException if they cannot be read, or one is wrong; says which and why
   */
  List<KeyEntry> changed() throws IOException;
}
